"""The table of docs/regimens.md: every course with a graft, from the library's own files.

    python -m bench.regimens            # writes the table into docs/regimens.md
    python -m bench.regimens --check    # exit code 1 if the page says something else

What a course is used for stands here; all else is read from the courses.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reseed.course import dose_in_words
from reseed.course.words import day_in_words
from reseed.nouns.course import Course, Do, Give
from reseed.spec import find_library, read_course

PAGE = Path(__file__).resolve().parents[1] / "docs" / "regimens.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
USED_FOR = {
    "cyclophosphamide-atg": "multiple sclerosis, systemic sclerosis",
    "beam-atg": "multiple sclerosis",
    "beam-atg-cd34": "multiple sclerosis",
    "beam-stored-graft": "lymphoma, for questions about the dose",
    "beam": "lymphoma",
    "beam-no-graft": "lymphoma, for the question what a graft does",
    "bu-cy-etoposide": "lymphoma",
    "melphalan-200": "myeloma",
    "melphalan-140": "myeloma, older patients or weak kidneys",
    "scot": "systemic sclerosis",
    "astis": "systemic sclerosis",
    "assist": "systemic sclerosis",
    "assist-2": "systemic sclerosis",
    "ottawa": "aggressive multiple sclerosis",
    "cyclophosphamide-mexico": "multiple sclerosis, for outpatients",
    "bu-cy": "leukaemia",
    "flu-bu": "leukaemia, inborn diseases",
    "flu-mel": "leukaemia and lymphoma, reduced intensity",
    "flu-mel-alemtuzumab": "leukaemia and lymphoma, inborn diseases, reduced intensity",
    "flu-treo": "leukaemia, inborn diseases",
    "cy-tbi": "leukaemia",
    "flu-tbi": "leukaemia and lymphoma in older patients",
    "briquilimab-flu-tbi": "leukaemia and myelodysplasia in older patients",
    "bu-flu-children": "inborn diseases and leukaemia in children",
    "gene-therapy-busulfan": "inborn diseases, with the patient's own corrected cells",
}
HEADS = ("course", "used for", "drugs and doses", "graft", "sources", "from memory or assumed")
_UNSURE = ("memory", "assumed")
_GRAFTS = {
    "donate_blood": "a donor's blood",
    "donate_marrow": "a donor's marrow",
    "take_stored": "own, stored before; the scenario sets the dose",
}
_TOLD = {"process": "enriched for CD34", "correct": "corrected", "freeze": "frozen"}


def table() -> str:
    """The table in Markdown, a row for each course that `USED_FOR` names."""
    library = find_library()
    rows = [HEADS, tuple("---" for _ in HEADS)]
    for name, use in USED_FOR.items():
        course = read_course(library.path("courses", name))
        rows.append(
            (f"`{name}`", use, _drugs(course), _graft(course), _sources(course), _unsure(course))
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _drugs(course: Course) -> str:
    """What is given apart from mobilisation."""
    gives = [g for stage in course.stages if stage.name != "mobilisation" for g in stage.gives]
    adjusted = {do.drug for stage in course.stages for do in stage.procedures if do.drug}
    told = [
        _dose(give) + (" at first, then to 90 mg*h/L" if give.drug in adjusted else "")
        for give in gives
    ]
    return "; ".join(told)


def _dose(give: Give) -> str:
    text = f"{_name(give.drug)} {dose_in_words(give)}"
    if give.per_day > 1:
        text += f" {give.per_day} times a day"
    first, last = give.days[0], give.days[-1]
    days = [day_in_words(day) for day in give.days]
    together = len(days) > 2 and last - first == len(days) - 1
    text += f", day {days[0]} to {days[-1]}" if together else f", day {' and '.join(days)}"
    return text + (" until recovery" if give.until_port else "")


def _name(drug: str) -> str:
    return (
        drug.replace("anti_", "anti-")
        .replace("_", " ")
        .replace("atg", "ATG")
        .replace("cd117", "CD117")
    )


def _graft(course: Course) -> str:
    """Where it comes from and what is done to it."""
    dos = [do.procedure for stage in course.stages for do in stage.procedures]
    if "infuse" not in dos:
        return "none"
    told = [_GRAFTS[name] for name in dos if name in _GRAFTS]
    mobilised = [g for stage in course.stages if stage.name == "mobilisation" for g in stage.gives]
    if mobilised:
        doses = " and ".join(f"{_name(g.drug)} {dose_in_words(g)}" for g in mobilised)
        told.append(f"own, mobilised with {doses}")
    told += [_TOLD[name] for name in dos if name in _TOLD]
    if "freeze" not in dos and "take_stored" not in dos:
        told.append("fresh")
    return ", ".join(told)


def _sources(course: Course) -> str:
    return "; ".join(course.sources).replace("|", "/")


def _unsure(course: Course) -> str:
    """Each line of the course whose source says so, in its own words."""
    lines: dict[str, None] = {}
    for stage in course.stages:
        for one in (*stage.gives, *stage.procedures):
            for part in one.source.split("; "):
                if any(word in part for word in _UNSURE):
                    lines[f"{_what(one)}: {part}"] = None
    return "; ".join(lines) or "nothing"


def _what(one: Give | Do) -> str:
    return _name(one.drug) if isinstance(one, Give) else one.procedure.replace("_", " ")


def written(text: str) -> str:
    """The page with the table of today in place of its own."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{table()}\n\n{END}{tail}"


def main(words: list[str]) -> int:
    """Writes the page, or says whether it would change."""
    parser = argparse.ArgumentParser(description="The table of regimens in docs/regimens.md.")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(words)
    old = PAGE.read_text(encoding="utf-8")
    new = written(old)
    if given.check:
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
