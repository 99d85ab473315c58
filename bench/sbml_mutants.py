"""Broken and hostile SBML: each is to be refused with a reason, within seconds.

    python -m bench.sbml_mutants DIR [--count 1000] [--seed 1]

Takes documents of a folder of the SBML Test Suite and breaks each in one of several ways. Counted
are those refused with a reason, those accepted, and those that raised anything else or took longer
than five seconds of processor time (their own and that of the process that examines them).
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import reseed
from reseed.base.errors import InvalidInput, UnsupportedModel

SECONDS = 5.0
Mutant = Callable[[str, random.Random], str]


def truncated(text: str, chance: random.Random) -> str:
    """Cut off somewhere."""
    return text[: chance.randrange(len(text) // 2, len(text) - 10)]


def bombed(text: str, chance: random.Random) -> str:
    """Entities that grow into each other, one of them used."""
    rows = ['<!ENTITY a0 "aaaaaaaaaa">']
    rows += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)]
    head, _, rest = text.partition("?>")
    doctype = f"<!DOCTYPE sbml [{''.join(rows)}]>"
    return f"{head}?>\n{doctype}{rest}".replace("<model", "<notes>&a11;</notes><model", 1)


def outside(text: str, chance: random.Random) -> str:
    """An entity that is a file of the system."""
    head, _, rest = text.partition("?>")
    doctype = '<!DOCTYPE sbml [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    return f"{head}?>\n{doctype}{rest}".replace("<model", "<notes>&f;</notes><model", 1)


def cyclic(text: str, chance: random.Random) -> str:
    """Two quantities that are each other's rule."""
    names = [f"circle{i}" for i in range(chance.randrange(2, 5))]
    rules = "".join(
        f'<assignmentRule variable="{a}">{math(f"<ci>{b}</ci>")}</assignmentRule>'
        for a, b in zip(names, [*names[1:], names[0]], strict=True)
    )
    return with_parts(text, names, rules)


def unknown(text: str, chance: random.Random) -> str:
    """A formula with names that the document does not have."""
    return with_parts(text, ["broken"], rule("broken", "<ci> nobody_knows_this </ci>"))


def no_number(text: str, chance: random.Random) -> str:
    """A quantity that is no number, and is needed."""
    declared = '<parameter id="nothing" value="NaN" constant="true"/>'
    made = with_parts(text, ["broken"], rule("broken", "<ci> nothing </ci>"))
    return made.replace("</listOfParameters>", f"{declared}</listOfParameters>", 1)


def long(text: str, chance: random.Random) -> str:
    """A formula of a hundred thousand characters."""
    terms = "<ci>broken</ci>" * 7_000
    return with_parts(text, ["broken", "y"], rule("y", f"<apply><plus/>{terms}</apply>"))


def deep(text: str, chance: random.Random) -> str:
    """A formula of thousands of operators within each other."""
    count = chance.randrange(500, 20_000)
    inner = "<apply><minus/>" * count + "<cn>1</cn>" + "</apply>" * count
    return with_parts(text, ["broken"], rule("broken", inner))


def hostile(text: str, chance: random.Random) -> str:
    """Identifiers that would do something if they were ever run or opened."""
    name = chance.choice(
        ["__import__(&quot;os&quot;).system(&quot;true&quot;)", "../../etc/passwd", "a;b", "1a",
         "", "x y", "%s%n", "${HOME}", "&lt;script&gt;", "\u202e", "a" * 50 + "-"]
    )  # fmt: skip
    declared = f'<parameter id="{name}" value="1" constant="true"/>'
    made = with_parts(text, ["fine"], rule("fine", "<cn>1</cn>"))
    return made.replace("</listOfParameters>", f"{declared}</listOfParameters>", 1)


def doubling(text: str, chance: random.Random) -> str:
    """Functions that call each other twice, thirty deep and more."""
    count = chance.randrange(30, 60)
    functions = "".join(
        f'<functionDefinition id="f{i}">'
        + math(
            "<lambda><bvar><ci>x</ci></bvar><apply><plus/>"
            + (f"<apply><ci>f{i - 1}</ci><ci>x</ci></apply>" * 2 if i else "<ci>x</ci><cn>1</cn>")
            + "</apply></lambda>"
        )
        + "</functionDefinition>"
        for i in range(count)
    )
    called = rule("broken", f"<apply><ci>f{count - 1}</ci><cn>1</cn></apply>")
    return with_parts(text, ["broken"], called, functions)


def scrambled(text: str, chance: random.Random) -> str:
    """A tag's name is spoilt in one place."""
    tags = [m.start(1) for m in re.finditer(r"</([a-zA-Z:]+)>", text)]
    at = chance.choice(tags)
    return f"{text[:at]}x{text[at:]}"


def math(inner: str) -> str:
    """MathML around a formula."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{inner}</math>'


def rule(name: str, inner: str) -> str:
    """An assignment rule."""
    return f'<assignmentRule variable="{name}">{math(inner)}</assignmentRule>'


def with_parts(text: str, names: list[str], rules: str, functions: str = "") -> str:
    """The document with more parameters, rules and functions, in the order that SBML wants."""
    own = "".join(f'<parameter id="{name}" value="1" constant="false"/>' for name in names)
    made = inserted(text, "Parameters", own, ("InitialAssignments", "Rules", "Reactions", "Events"))
    made = inserted(made, "Rules", rules, ("Constraints", "Reactions", "Events"))
    if functions:
        head, _, rest = made.partition("<model")
        tag, _, body = rest.partition(">")
        if "<listOfFunctionDefinitions>" in body:
            body = body.replace("<listOfFunctionDefinitions>",
                                f"<listOfFunctionDefinitions>{functions}", 1)  # fmt: skip
        else:
            listed = f"<listOfFunctionDefinitions>{functions}</listOfFunctionDefinitions>"
            body = f"{listed}{body}"
        made = f"{head}<model{tag}>{body}"
    return made


def inserted(text: str, what: str, own: str, later: tuple[str, ...]) -> str:
    """Members put into a list of the document, which is made if it is not there."""
    if f"</listOf{what}>" in text:
        return text.replace(f"</listOf{what}>", f"{own}</listOf{what}>", 1)
    listed = f"<listOf{what}>{own}</listOf{what}>"
    for name in later:
        if f"<listOf{name}>" in text:
            return text.replace(f"<listOf{name}>", f"{listed}<listOf{name}>", 1)
    return text.replace("</model>", f"{listed}</model>", 1)


MUTANTS: tuple[Mutant, ...] = (
    truncated, bombed, outside, cyclic, unknown, no_number, long, deep, hostile, doubling,
    scrambled,
)  # fmt: skip


def judged(path: Path) -> tuple[str, str]:
    """What became of a file, and why."""
    start = busy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reseed.load_model(path)
            told, outcome = "", "accepted"
        except (InvalidInput, UnsupportedModel) as error:
            told, outcome = str(error), "refused"
        except Exception as error:
            told, outcome = f"{type(error).__name__}: {error}", "broken"
    spent = busy() - start
    if spent > SECONDS:
        return "slow", f"{spent:.1f} s"
    return (outcome if told or outcome == "accepted" else "broken"), " ".join(told.split())[:160]


def busy() -> float:
    """Processor time of this process and of those it has waited for."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def run(folder: Path, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Breaks documents and reads them: the tally, and a line for each that was not refused."""
    chance = random.Random(seed)
    paths = sorted(folder.glob("*/*-sbml-l3v2.xml"))
    tally: Counter[str] = Counter()
    lines = []
    with tempfile.TemporaryDirectory() as place:
        for number in range(count):
            mutant, source = MUTANTS[number % len(MUTANTS)], chance.choice(paths)
            text = source.read_text(encoding="utf-8")
            path = Path(place) / "mutant.xml"
            path.write_text(mutant(text, chance), encoding="utf-8")
            outcome, told = judged(path)
            tally[outcome] += 1
            if outcome != "refused":
                lines.append(f"{outcome}: {mutant.__name__} of {source.parent.name}: {told}")
    return tally, lines


def main(arguments: list[str] | None = None) -> int:
    """Prints the tally; 1 unless every mutant was refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    tally, lines = run(given.folder, given.count, given.seed)
    print(", ".join(f"{number} {outcome}" for outcome, number in tally.items()))
    print("\n".join(lines))
    return int(tally["refused"] != given.count)


if __name__ == "__main__":
    sys.exit(main())
