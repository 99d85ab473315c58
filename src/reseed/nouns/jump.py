"""Jump: a discontinuity of one state or parameter at one time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Jump:
    """At `time` (days, study clock) `value` is added to `target`, a state or parameter id.

    `tag` says what it belongs to ("filgrastim/mobilisation"); a procedure may cancel by tag.
    """

    time: float
    target: str
    value: float
    tag: str = ""
