"""Adjust a dose: the exposure so far is measured, and the further doses are scaled to a target.

Exposure is held to go with the dose: with the area M measured after G mg, and R mg still planned,
the factor is the one with which M + (M/G) x factor x R is the target area, within bounds. The
measurement has an error (see library/models/adjust_dose for values and sources).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reseed.base.keys import normals
from reseed.base.ports import find_port
from reseed.base.units import convert
from reseed.course.procedures.common import factors, read
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = ("measured_auc", "dose_factor")  # the names it leaves behind
_TOLERANCE = 1e-9  # days
_PRINTED = "mg*h/L"  # areas in the records


@dataclass(frozen=True, slots=True)
class Administration:
    """One planned dose: study day, length in days (0 = bolus), amount by a patient's draws."""

    start: float
    length: float
    amounts: Mapping[int, float]

    def infused(self, patient: int, time: float) -> float:
        """How much of the planned amount is in the patient at `time`."""
        if time < self.start + self.length - _TOLERANCE:
            share = (time - self.start) / self.length if self.length else 0.0
            return self.amounts[patient] * min(max(share, 0.0), 1.0)
        return self.amounts[patient]

    def added(self, patient: int, change: float, target: str, tag: str) -> tuple[Jump, ...]:
        """What more (or less) by the share `change` of the planned amount does to the drug."""
        amount = self.amounts[patient] * change
        if not self.length:
            return (Jump(self.start, target, amount, tag),)
        rate = amount / self.length
        end = self.start + self.length
        return Jump(self.start, target, rate, tag), Jump(end, target, -rate, tag)


@dataclass(frozen=True, slots=True)
class Measured:
    """What is carried on: true and measured area so far, and the factor of each dose."""

    before: float
    true: float
    measured: float
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AdjustDose:
    """Met at the first dose, to note what was there before, then at each of `times`."""

    scales: Mapping[str, float]
    printed: float
    drug: str
    target: str
    tag: str
    planned: tuple[Administration, ...]
    times: tuple[float, ...]

    def __call__(self, moment: Moment) -> Turn:
        counter = f"adjust_dose/{self.tag}/{moment.ordinal}"
        carried = dict(moment.carried or {})
        following = moment.occurrence
        again = self.times[following] if following < len(self.times) else None
        if not moment.occurrence:
            start = moment.values[f"{self.drug}_auc"]
            carried[counter] = Measured(start, 0.0, 0.0, (1.0,) * len(self.planned))
            return Turn(carried=carried, again=again)
        values = read(moment, "adjust_dose", self.scales)
        last: Measured = carried[counter]
        true = moment.values[f"{self.drug}_auc"] - last.before + self._tail(moment, values)
        measured = last.measured + (true - last.true) * _error(moment, values)
        factor, jumps, scaled = self._scaled(moment, values, measured, last.factors)
        carried[counter] = Measured(last.before, true, measured, scaled)
        entries = [Entry("adjust_dose", "measured_auc", measured * self.printed, _PRINTED)]
        if jumps:
            entries.append(Entry("adjust_dose", "dose_factor", factor, ""))
        return Turn(carried, jumps, tuple(entries), again)

    def _tail(self, moment: Moment, values: Mapping[str, float]) -> float:
        """The area still to come of what was given, by the terminal half-life."""
        level = moment.values[f"{self.drug}_concentration"]
        return level * values["tail_half_life"] / math.log(2.0)

    def _scaled(
        self,
        moment: Moment,
        values: Mapping[str, float],
        measured: float,
        given: tuple[float, ...],
    ) -> tuple[float, tuple[Jump, ...], tuple[float, ...]]:
        """The factor of the further doses, what it changes, and the factors of all doses."""
        who, now = moment.patient, moment.time
        doses = list(zip(self.planned, given, strict=True))
        done = sum(f * dose.infused(who, now) for dose, f in doses)
        begun = [dose.start <= now + _TOLERANCE for dose in self.planned]
        running = -done + sum(
            f * dose.amounts[who] for (dose, f), old in zip(doses, begun, strict=True) if old
        )
        left = sum(
            dose.amounts[who] for dose, old in zip(self.planned, begun, strict=True) if not old
        )
        if measured <= 0.0 or done <= 0.0 or left <= 0.0:
            return 1.0, (), given
        wanted = values["target_auc"] * done / measured - done - running
        factor = min(max(wanted / left, values["lowest_factor"]), values["highest_factor"])
        scaled = tuple(f if old else factor for f, old in zip(given, begun, strict=True))
        jumps = tuple(
            jump
            for dose, new, old in zip(self.planned, scaled, given, strict=True)
            if new != old and dose.amounts[who]
            for jump in dose.added(who, new - old, self.target, self.tag)
        )
        return factor, jumps, scaled


def _error(moment: Moment, values: Mapping[str, float]) -> float:
    """The factor by which this measurement is wrong, with median 1."""
    key = Key(moment.key.seed, "adjust_dose/error")
    draw = normals(key, moment.patient, draw=moment.ordinal, occurrence=moment.occurrence)
    spread = math.sqrt(math.log1p(values["assay_cv"] ** 2 + values["estimation_cv"] ** 2))
    return math.exp(spread * float(draw))


def build(
    system: System, drug: str, tag: str, planned: Sequence[Administration], times: Sequence[float]
) -> AdjustDose:
    """The procedure for a drug's `planned` doses, met at each of `times`, in study days."""
    area = find_port(system, f"{drug}_auc").unit
    units = {
        "target_auc": area,
        "tail_half_life": "day",
        "assay_cv": "",
        "estimation_cv": "",
        "lowest_factor": "",
        "highest_factor": "",
    }
    return AdjustDose(
        scales=factors(system, "adjust_dose", units),
        printed=convert(1.0, area, _PRINTED),
        drug=drug,
        target=find_port(system, drug).symbol,
        tag=tag,
        planned=tuple(sorted(planned, key=lambda dose: dose.start)),
        times=tuple(times),
    )
