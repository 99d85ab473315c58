"""Failure is a value with advice: the codes that a patient's solution may carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A code, what happened, and what to do about it."""

    code: int
    name: str
    advice: str


FAILURES: tuple[Failure, ...] = (
    Failure(0, "solved", ""),
    Failure(1, "step budget", "the solution oscillates or is very stiff: look at this patient"),
    Failure(2, "step too small", "a rate is discontinuous or grows without bound near this time"),
    Failure(3, "not a number", "a power of zero, a division by zero or an overflow in the model"),
    Failure(4, "event storm", "an event undoes its own condition: add a pause or a dead band"),
    Failure(5, "procedure", "a treatment procedure could not be carried out with these values"),
    Failure(6, "delay", "the delay of an event is below zero or no number"),
    Failure(7, "algebraic", "no values were found that fulfil the algebraic rules: other guesses"),
    Failure(8, "negative rate", "a channel's rate is below zero: make two channels of it"),
)
CODES = {failure.name: failure.code for failure in FAILURES}


class SolveFailed(Exception):
    """Raised and caught inside the engine only: one try for one patient has failed."""

    def __init__(self, name: str, time: float, state: str) -> None:
        super().__init__(f"{name} at day {time:g} ({state})")
        self.code = CODES[name]
        self.time = time
        self.state = state
