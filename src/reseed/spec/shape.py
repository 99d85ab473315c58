"""Shapes: what a TOML file must look like, and pydantic's complaints in plain words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, ValidationError
from pydantic_core import ErrorDetails

from reseed.base.words import nearest, one_of_these
from reseed.nouns.course import Quantity
from reseed.spec.library import NAME
from reseed.spec.quantity import parse_dose, parse_quantity
from reseed.spec.sheet import Sheet, quoted

_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PLACE = re.compile(r"(.*?)\s*\(at (.*)\)", re.DOTALL)
_LINE, _TEXT = 1_000, 10_000


class Shape(BaseModel):
    """A table of a TOML file: no other keys, no silent conversions, no infinities."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


AnyShape = TypeVar("AnyShape", bound=Shape)


def _line(text: str) -> str:
    if not text.strip() or len(text) > _LINE or not text.isprintable():
        raise ValueError(f"one printable line of at most {_LINE} characters")
    return text


def _text(text: str) -> str:
    if len(text) > _TEXT or not text.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError(f"printable text of at most {_TEXT} characters")
    return text


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("a name of lower-case letters, digits, - and _, such as cy-atg")
    return text


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("a word of lower-case letters, digits and _, such as blood_cd34")
    return text


def _quantity(value: Any) -> Quantity:
    if not isinstance(value, str):
        raise ValueError('a value and a unit in quotes, such as "50 mg_per_kg"')
    return parse_quantity(value)


def _positive(value: Any) -> Quantity:
    quantity = _quantity(value)
    if quantity.value < 0:
        raise ValueError("zero or more")
    return quantity


def parse_level(value: Any) -> Quantity:
    """A bare number, or a value with its unit; ValueError with a sentence."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return Quantity(float(value), "")
    if not isinstance(value, str):
        raise ValueError('a number, or a value and a unit in quotes, such as "0.5e9 cell/L"')
    return parse_quantity(value)


def _dose(value: Any) -> Quantity:
    if not isinstance(value, str):
        raise ValueError('a dose and a unit in quotes, such as "50 mg/kg"')
    quantity = parse_dose(value)
    if quantity.value < 0:
        raise ValueError("zero or more")
    return quantity


Line = Annotated[str, AfterValidator(_line)]
Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[str, AfterValidator(_name)]
Word = Annotated[str, AfterValidator(_word)]
AnyQuantity = Annotated[Quantity, PlainValidator(_quantity)]
PositiveQuantity = Annotated[Quantity, PlainValidator(_positive)]
Level = Annotated[Quantity, PlainValidator(parse_level)]
Dose = Annotated[Quantity, PlainValidator(_dose)]


def read_toml(sheet: Sheet) -> dict[str, Any] | None:
    """The file's tables, or None after a fault with its line."""
    text = sheet.text()
    return None if text is None else parse_toml(text, sheet)


def parse_toml(text: str, sheet: Sheet) -> dict[str, Any] | None:
    """The tables of a text, or None after a fault with its line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.fullmatch(str(error))
        what, place = (found[1], found[2]) if found else (str(error), "file")
        sheet.add(place, f"a slip of TOML syntax ({what})", "a TOML file")
    except (ValueError, RecursionError):  # a number of thousands of digits, a thousand brackets
        sheet.add("file", "numbers or lists beyond all bounds", "a TOML file")
    return None


def fit(shape: type[AnyShape], data: Any, sheet: Sheet, under: str = "") -> AnyShape | None:
    """The data in their shape, or None after noting every fault; `under` is where they stand."""
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            loc = detail["loc"]
            at = place_of(loc)
            joined = f"{under}.{at}" if under and at else under or at or "file"
            sheet.add(joined, *_found_and_expected(shape, detail))
    except RecursionError:
        sheet.add(under or "file", "tables nested too deeply", "a few levels of tables")
    return None


def place_of(loc: Sequence[int | str]) -> str:
    """`arm[2].course` from ("arm", 1, "course"): items are counted from 1."""
    out = ""
    for part in loc:
        if isinstance(part, int):
            out += f"[{part + 1}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]{1,80}", part)
            out += ("." if out else "") + (part if bare else f'"{part[:80]}"')
    return out


_EXPECTED: dict[str, str] = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
    "less_than_equal": "a number of at most {le}",
    "less_than": "a number below {lt}",
    "greater_than_equal": "a number of at least {ge}",
    "greater_than": "a number above {gt}",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length}",
}


def _found_and_expected(shape: type[Shape], detail: ErrorDetails) -> tuple[str, str]:
    """A complaint of pydantic as the two halves of a Fault."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    loc = detail["loc"]
    if kind == "missing":
        return "nothing", "this key"
    if kind == "extra_forbidden":
        known = _keys(shape, loc[:-1])
        near = nearest(str(loc[-1]), known)
        hint = f'; did you mean "{near}"?' if near else ""
        return "an unknown key", f"one of {', '.join(known)}{hint}"
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return quoted(value), one_of_these(str(value), options)
    if kind == "value_error":
        return quoted(value), str(context["error"])
    if kind in ("too_short", "too_long"):
        return f"{context.get('actual_length', 'some')}", _EXPECTED[kind].format(**context)
    return quoted(value), _EXPECTED.get(kind, detail["msg"].lower()).format(**context)


def _keys(shape: type[Shape], loc: Sequence[int | str]) -> list[str]:
    """The keys of the table at a place inside the shape, as its author named them."""
    inner: type[Shape] | None = shape
    for part in loc:
        if isinstance(part, str) and inner and part in inner.model_fields:
            inner = _shape_in(inner.model_fields[part].annotation)
    return list(inner.model_fields) if inner else []


def _shape_in(annotation: Any) -> type[Shape] | None:
    """The Shape inside list[Shape], dict[str, Shape] or Shape | None."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    found = (_shape_in(inner) for inner in get_args(annotation))
    return next((inner for inner in found if inner), None)


def tables(data: Any, key: str) -> list[dict[str, Any]]:
    """The tables of a list of tables, whatever else the file holds there; {} for anything else."""
    entries = data.get(key) if isinstance(data, dict) else None
    return [e if isinstance(e, dict) else {} for e in entries] if isinstance(entries, list) else []


def attempt(parse: Callable[[Any], Any], value: Any) -> Any:
    """What parse makes of a value, or None where the file's shape has been faulted already."""
    try:
        return parse(value)
    except (ValueError, TypeError):
        return None
