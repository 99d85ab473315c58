"""A file or a text with a model, SBML or Antimony, to a Model."""

from __future__ import annotations

from pathlib import Path

from reseed.base.errors import Fault, InvalidInput
from reseed.model import Foreign, open_antimony, open_sbml
from reseed.simulate.model import Model

MOST_BYTES = 30_000_000
ANTIMONY = (".ant", ".antimony", ".txt")
SBML = (".xml", ".sbml")


def load_model(path: str | Path, *, model: str = "") -> Model:
    """The model of an SBML file (.xml, .sbml) or an Antimony file (.ant, .antimony, .txt).

    A text of more than one line is no path, but the model itself. `model` names one of an Antimony
    text that has several; if it is not given, it is the main one: the last, or that marked `*`.
    Nothing else is read, no other file that the text may name. Raises InvalidInput with every fault
    found, UnsupportedModel for what is refused by name.
    """
    if isinstance(path, str) and "\n" in path.strip():
        text, file = path, Path("model.xml" if path.lstrip().startswith("<") else "model.ant")
        text = text.lstrip() if file.suffix in SBML else text
    else:
        file = Path(path)
        text = _text(file)
    if file.suffix.lower() in SBML:
        if model:
            raise InvalidInput([Fault(str(file), "model", model, "none: SBML has one model")])
        return _model(file.stem, open_sbml(text, file.name), text)
    if file.suffix.lower() in ANTIMONY:
        return _model(file.stem, open_antimony(text, model, file.name), text)
    expected = f"one of {', '.join((*SBML, *ANTIMONY))}"
    raise InvalidInput([Fault(str(path), "ending", file.suffix or "none", expected)])


def _model(name: str, found: Foreign, text: str) -> Model:
    return Model(name, found.system(), found, text)


def _text(file: Path) -> str:
    if not file.is_file():
        raise InvalidInput([Fault(str(file), "file", "no such file", "a model")])
    if file.stat().st_size > MOST_BYTES:
        found = f"{file.stat().st_size} bytes"
        raise InvalidInput([Fault(str(file), "file", found, f"at most {MOST_BYTES}")])
    try:
        return file.read_text(encoding="utf-8-sig")  # Windows begins a text with a mark
    except UnicodeDecodeError as error:
        found = f"no UTF-8 at byte {error.start}"
        raise InvalidInput([Fault(str(file), "file", found, "a text in UTF-8")]) from None
