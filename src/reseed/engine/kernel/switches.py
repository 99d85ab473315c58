"""Formulas that jump with time: where they stand in a System, and when each turns next.

`piecewise(5, time > start, 0)` or `floor(time/7)` jump, and a step that meets the same value at all
its stages never learns of a short pulse between them. So in the rates every such comparison and
whole number becomes a switch: a number that stands still during a step. Steps end where a switch
turns, and there its value just after is computed. Rates are then smooth within every step, and
no pulse is too short (down to `MERGED`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reseed.base.expressions import names_in, written
from reseed.engine.kernel.truths import TRUTHS
from reseed.nouns.expression import Expression
from reseed.nouns.system import System

NEVER = 1e300  # days
MERGED = 1e-10  # days; what turns within so short a time turns at once
FEW_DIGITS = 2.0**-46  # the same, as a part of the time: 64 units in its last place
AFTER = "just after"
_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_INCREASING = ("lt", "le")  # time < a: true before, false after


@dataclass(frozen=True, slots=True)
class Held:
    """A System whose rates stand still where they would jump with time.

    `system` has the rates, hazards and channels, and the rules as these read them; `switches` are
    parameters that it has beyond those of the original. `after` are formulas in an order in which
    each needs only earlier ones: among them, by its name, each switch's value just after a time,
    from states, parameters and that time; and `following` is when one of them turns next.
    `sudden` are the formulas that jump at times that cannot be told beforehand; `triggers` are
    those of the events, read as rates are.
    """

    system: System
    switches: tuple[str, ...]
    after: tuple[tuple[str, Expression], ...]
    following: Expression
    sudden: tuple[str, ...]
    triggers: tuple[Expression, ...]


class Form(NamedTuple):
    """An expression as rates read it, and how it moves.

    `line` is (offset, slope) where it is offset + slope*time and both stand still between jumps.
    """

    held: Expression
    line: tuple[Expression, Expression] | None
    in_time: bool
    in_state: bool

    @property
    def still(self) -> bool:
        return not (self.in_time or self.in_state)


def hold(system: System) -> Held:
    """The System with its switches; the very same one where nothing jumps with time."""
    reader = _Reader(system)
    rated = [*system.rates, *(hazard.rate for hazard in system.hazards)]
    rated += [channel.rate for channel in system.channels]
    triggers = [event.trigger for event in system.events]
    in_rates, wanted = _needed(system, rated), _needed(system, [*rated, *triggers])
    rules = []
    for name, formula in system.rules:
        before = len(reader.sudden)
        rules.append((name, reader.rule(name, formula) if name in wanted else formula))
        if name not in in_rates:
            del reader.sudden[before:]
    found = [reader.read(formula).held for formula in rated]
    sudden = tuple(dict.fromkeys(reader.sudden))
    # triggers are looked at in every step and keep their formulas, but steps end where they turn
    read = tuple(reader.read(trigger).held for trigger in triggers)
    if not reader.switches:
        return Held(system, (), (), NEVER, sudden, read)
    left = iter(found)
    held = dataclasses.replace(
        system,
        rules=tuple(rules),
        rates=tuple(next(left) for _ in system.rates),
        hazards=tuple(dataclasses.replace(one, rate=next(left)) for one in system.hazards),
        channels=tuple(dataclasses.replace(one, rate=next(left)) for one in system.channels),
    )
    return Held(held, tuple(reader.switches), tuple(reader.after), reader.following(), sudden, read)


def _needed(system: System, formulas: Sequence[Expression]) -> set[str]:
    """The rules that these formulas are computed from."""
    names = set().union(*map(names_in, formulas))
    for name, formula in reversed(system.rules):
        if name in names:
            names |= names_in(formula)
    return names


class _Reader:
    """Reads formulas in their order, and collects the switches that it finds."""

    def __init__(self, system: System) -> None:
        counted = {name for channel in system.channels for name, _ in channel.changes}
        # a state that only events and doses change stands still between them
        moving = {
            name
            for name, rate in zip(system.states, system.rates, strict=True)
            if rate != 0.0 or name in counted
        }
        self.forms = {name: Form(name, None, False, True) for name in moving}
        self.forms["time"] = Form("time", (0.0, 1.0), True, False)
        margin = ("max", MERGED, ("*", FEW_DIGITS, ("abs", "time")))
        self.after: list[tuple[str, Expression]] = [(AFTER, ("+", "time", margin))]
        self.switches: list[str] = []
        self.turns: list[Expression] = []
        self.sudden: list[str] = []
        self.known: dict[tuple, Form] = {}

    def following(self) -> Expression:
        return ("min", NEVER, *self.turns)

    def rule(self, name: str, formula: Expression) -> Expression:
        """What rates read under the rule's name."""
        form = self.read(formula)
        line = form.line
        if line is not None and form.in_time:
            line = (f"{name} at 0", f"{name} per day")
            self.after += zip(line, form.line or (), strict=True)
        self.after.append((name, form.held))
        self.forms[name] = Form(name, line or ((name, 0.0) if form.still else None), *form[2:])
        return form.held

    def read(self, expression: Expression) -> Form:
        if isinstance(expression, str):
            return self.forms.get(expression, Form(expression, (expression, 0.0), False, False))
        if not isinstance(expression, tuple):
            return Form(expression, (expression, 0.0), False, False)
        if expression not in self.known:
            self.known[expression] = self._read(expression)
        return self.known[expression]

    def _read(self, expression: tuple) -> Form:
        operator, *parts = expression
        forms = [self.read(part) for part in parts]
        in_time, in_state = any(f.in_time for f in forms), any(f.in_state for f in forms)
        held = (operator, *(form.held for form in forms))
        if not in_time:
            return Form(held, None if in_state else (held, 0.0), False, in_state)
        if operator in ("abs", "max", "min") and all(form.line for form in forms):
            return self.read(_pieces(operator, parts))
        if operator in TRUTHS[:6] or operator in ("floor", "ceil"):
            line = _line("-", forms) if operator in TRUTHS else forms[0].line
            if line is not None:
                switch = self._switch(operator, *line)
                turned = ("lt", 0.5, switch) if operator in TRUTHS else switch
                return Form(turned, (turned, 0.0), False, False)
            self.sudden.append(written(expression))
        line = _line(operator, forms)
        if line is not None and line[1] == 0.0:  # 0*time
            return Form(line[0], line, False, False)
        return Form(held, line, True, in_state)

    def _switch(self, operator: str, offset: Expression, slope: Expression) -> str:
        name = f"switch {len(self.switches)}"
        self.switches.append(name)
        if operator in TRUTHS:
            value, turn = self._comparison(name, operator, offset, slope)
        else:
            value, turn = self._whole(operator, offset, slope)
        self.after.append((name, value))
        self.turns.append(turn)
        return name

    def _comparison(
        self, name: str, operator: str, offset: Expression, slope: Expression
    ) -> tuple[Expression, Expression]:
        """1 or 0 just after, and when it turns, of offset + slope*time against 0.

        The value is found by the time of the turn and not by the difference itself, whose last
        digit might say otherwise: then the turn would be neither past nor still to come.
        """
        when = f"{name} at"
        self.after.append((when, ("/", ("neg", offset), slope)))
        before = ("lt", AFTER, when)
        moves: Expression
        if operator in _TURNED:
            rising = operator in _INCREASING
            up, down = (before, ("not", before)) if rising else (("not", before), before)
            is_up, is_down = ("lt", 0.0, slope), ("lt", slope, 0.0)
            moves = ("or", ("and", is_up, up), ("and", is_down, down))
        else:  # true or false at that one moment only
            moves = ("ne", slope, 0.0) if operator == "ne" else ("lt", 1.0, 0.0)
        stands = ("and", ("eq", slope, 0.0), (operator, offset, 0.0))
        turn = ("piecewise", when, ("and", ("ne", slope, 0.0), before), NEVER)
        return ("piecewise", 1.0, ("or", moves, stands), 0.0), turn

    def _whole(
        self, operator: str, offset: Expression, slope: Expression
    ) -> tuple[Expression, Expression]:
        """The whole number just after, and when it is another."""
        value = (operator, ("+", offset, ("*", slope, AFTER)))
        high = ("+", value, 1.0) if operator == "floor" else value
        low = value if operator == "floor" else ("-", value, 1.0)
        edge = ("piecewise", high, ("lt", 0.0, slope), low)
        when = ("max", AFTER, ("/", ("-", edge, offset), slope))
        return value, ("piecewise", when, ("ne", slope, 0.0), NEVER)


def _pieces(operator: str, parts: Sequence[Expression]) -> Expression:
    """abs, max and min as choices."""
    best = parts[0]
    if operator == "abs":
        return ("piecewise", ("neg", best), ("lt", best, 0.0), best)
    for part in parts[1:]:
        pair = (part, best) if operator == "max" else (best, part)
        best = ("piecewise", best, ("lt", *pair), part)
    return best


def _line(operator: str, forms: Sequence[Form]) -> tuple[Expression, Expression] | None:
    """Offset and slope of a formula of lines, None where it is none."""
    lines = [form.line for form in forms if form.line is not None]
    if len(lines) < len(forms):
        return None
    offsets, slopes = [line[0] for line in lines], [line[1] for line in lines]
    if operator in ("+", "-", "neg"):
        return _plain(operator, offsets), _plain(operator, slopes)
    if operator == "*" and sum(form.in_time for form in forms) == 1:
        place = next(i for i, form in enumerate(forms) if form.in_time)
        others = [form.held for i, form in enumerate(forms) if i != place]
        return tuple(  # type: ignore[return-value]
            0.0 if part == 0.0 else others[0] if part == 1.0 and len(others) == 1
            else ("*", part, *others)
            for part in lines[place]
        )  # fmt: skip
    if operator == "/" and not forms[1].in_time:
        below = forms[1].held
        offset = 0.0 if offsets[0] == 0.0 else ("/", offsets[0], below)
        return offset, ("/", slopes[0], below)
    if operator == "piecewise" and not any(form.in_time for form in forms[1::2]):
        return tuple(  # type: ignore[return-value]
            ("piecewise", *(part[i] if n % 2 == 0 else forms[n].held
                            for n, part in enumerate(lines)))
            for i in (0, 1)
        )  # fmt: skip
    return None


def _plain(operator: str, parts: Sequence[Expression]) -> Expression:
    """A sum, difference or negative without its zeros."""
    if operator == "neg":
        return 0.0 if parts[0] == 0.0 else ("neg", parts[0])
    if operator == "-":
        if parts[1] == 0.0:
            return parts[0]
        return ("neg", parts[1]) if parts[0] == 0.0 else ("-", *parts)
    left = [part for part in parts if part != 0.0]
    return ("+", *left) if len(left) > 1 else left[0] if left else 0.0
