"""The page: sections filled, tables and figures numbered, the template rendered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reseed.report.animals import blocks_of, words_of
from reseed.report.blocks import Block, Figure, Heading, Items, Prose, Table
from reseed.report.clock import moment, zero_of
from reseed.report.data import TrialData
from reseed.report.drawing.palette import line_of
from reseed.report.drawing.svg import drawn
from reseed.report.numbers import count, plural
from reseed.report.sections import SECTIONS

if TYPE_CHECKING:
    from jinja2 import Environment

STATEMENT = (
    "Results of a simulation model for research and teaching. "
    "Not clinical evidence, not for patient care."
)
_KINDS = {Prose: "prose", Heading: "heading", Items: "items", Table: "table", Figure: "figure"}


@dataclass(frozen=True, slots=True)
class Filled:
    """A block with its kind, its number among those of its kind, and (a figure) its SVG."""

    kind: str
    block: Block
    number: int = 0
    svg: Any = None


HandOut = Callable[..., Callable[[], str]]
"""Takes a function and its arguments, and returns a promise of its result."""


def at_once(work: Callable[..., str], *parts: Any) -> Callable[[], str]:
    """The simplest HandOut: done here and now."""
    done = work(*parts)
    return lambda: done


def page_of(data: TrialData, hand_out: HandOut = at_once) -> str:
    """The whole page as HTML text; figures are drawn by whomever `hand_out` gives them to."""
    tables = figures = 0
    sections = []
    organism = str(data.run.get("organism", ""))
    for section in SECTIONS:
        filled = []
        blocks = blocks_of(organism, section.id, section.build(data))
        if not blocks:
            continue
        for block in blocks:
            kind = _KINDS[type(block)]
            if isinstance(block, Table):
                tables += 1
                filled.append(Filled(kind, block, tables))
            elif isinstance(block, Figure):
                figures += 1
                promise = hand_out(drawn, block.draw, f"f{figures}", block.caption)
                filled.append(Filled(kind, block, figures, _Svg(promise)))
            else:
                filled.append(Filled(kind, block))
        sections.append(
            {"id": section.id, "title": words_of(organism, section.title), "blocks": filled}
        )
    title = str(data.run.get("title") or data.run.get("scenario") or "Trial")
    text = (
        _environment()
        .get_template("report.html")
        .render(
            title=title,
            running=css_text(f"{title} · simulation model, not clinical evidence"),
            statement=STATEMENT,
            question=data.run.get("question", ""),
            facts=words_of(organism, _facts(data)),
            sections=sections,
            line_of=line_of,
            version=data.run.get("reseed", ""),
            seed=data.run.get("seed", ""),
        )
    )
    return text.rstrip() + "\n"


def css_text(text: str) -> str:
    """Text for a CSS string: every character that is not a plain letter or digit is escaped."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: f"\\{ord(found[0]):x} ", text)


def _facts(data: TrialData) -> str:
    """The line under the question: arms, patients, design, follow-up, seed."""
    run = data.run
    design = "the same patients in each arm" if run.get("design") == "twins" else "parallel groups"
    zero = zero_of(run)
    last = float(run.get("infusion_day", 0)) + float(run.get("follow_up_days", 0)) - zero.day
    parts = [
        plural(len(data.arms), "arm"),
        f"{count(int(run.get('patients', 0)))} virtual patients per arm",
        *([design] if len(data.arms) > 1 else []),
        f"followed to {moment(last)} {zero.after}",
        f"seed {run.get('seed', '')}",
    ]
    return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class _Svg:
    """A promised figure; the template asks for its text, when all of them are under way."""

    promise: Callable[[], str]

    def __html__(self) -> str:
        # not escaped again: matplotlib has escaped every text in it, tested
        return self.promise()


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
