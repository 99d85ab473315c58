"""Clones in blood: short-lived ones from the graft itself, then those of long-term stem cells.

Blood comes from a pool of short-term cells that do not divide. Those of the graft are founders:
each is a clone of one cell until it is lost. Stem cells feed the pool; a fed cell belongs to the
clone of its stem cell, and shows in blood after a delay: the way from there takes time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import uniforms
from reseed.nouns.key import Key

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Blood:
    """Cells of the pool that blood comes from, by clone: shapes (time, clone).

    `early` are the tagged founders, `late` the clones of tagged stem cells. `rest` is what is
    resolved into no clone, (time,): untagged cells and fractions of one. All sum to `total`.
    """

    early: NDArray[np.bool_]
    late: Vector
    rest: Vector
    total: Vector

    @property
    def rest_share(self) -> Vector:
        """Of all cells, the share in no clone, (time,)."""
        return self.rest / self.total

    @property
    def late_share(self) -> Vector:
        """Of the cells in clones, the share of the late ones, (time,); NaN where there are none."""
        early, late = self.early.sum(axis=1), self.late.sum(axis=1)
        with np.errstate(invalid="ignore"):
            return late / (early + late)


def blood_of(
    key: Key,
    patient: int,
    times: Vector,
    pool: Vector,
    left: Vector,
    founders: int,
    stem_shares: Vector,
    delay: float,
) -> Blood:
    """The blood of one patient.

    `times` (time,) in days; `pool` (time,) the short-term cells, at the first time those of before
    and of the graft; `left` (time,) the share of cells of the first time that is there still, and
    `founders` how many of these carry a tag. `stem_shares` (time, clone) are the clones' shares of
    all stem cells that feed the pool; between times they lie on straight lines. `delay` in days.
    Which founders are left is drawn: all have the same chance, given how many are. ValueError if
    there are more founders than cells.
    """
    if founders > pool[0]:
        raise ValueError(f"{founders} founders in a pool of {pool[0]:.0f} cells")
    alive = _survivors(key, patient, founders, left)
    first = pool[0] * left
    fed, clones = _fed(pool - first, left, stem_shares)
    then = times - delay
    shown = np.interp(then, times, fed, left=0.0)
    late = np.stack([np.interp(then, times, row, left=0.0) for row in clones.T], axis=1) \
        if clones.shape[1] else clones  # fmt: skip
    total = first + shown
    rest = np.maximum(total - alive.sum(axis=1) - late.sum(axis=1), 0.0)
    return Blood(alive, late, rest, total)


def _survivors(key: Key, patient: int, founders: int, left: Vector) -> NDArray[np.bool_]:
    """Who of the founders is there, (time, founder): their mean number, lost in random order."""
    luck = uniforms(key, patient, draw=np.arange(founders))
    order = np.argsort(np.argsort(luck, kind="stable"), kind="stable")
    return order[None, :] < np.floor(founders * left + 1e-9)[:, None]


def _fed(fed: Vector, left: Vector, shares: Vector) -> tuple[Vector, Vector]:
    """The fed part of the pool, whole and by clone: fed by share, lost alike."""
    clones = np.zeros_like(shares)
    whole = np.maximum(fed, 0.0)
    for step in range(1, len(fed)):
        stay = left[step] / left[step - 1] if left[step - 1] > 0.0 else 0.0
        inflow = max(fed[step] - whole[step - 1] * stay, 0.0)  # below 0 by rounding alone
        whole[step] = whole[step - 1] * stay + inflow
        mean = 0.5 * (shares[step] + shares[step - 1])
        clones[step] = clones[step - 1] * stay + inflow * mean
    return whole, clones
