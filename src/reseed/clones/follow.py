"""Clone sizes from time to time, given the totals of the pool.

A linear process of births and losses treats all cells alike. Given how many there are at two times,
any k of the earlier cells are as likely as any other k to be those with descendants, and any way
to share the later cells among k families is as likely as any other. So a step is exact however long
it is, and depends on the rates through the number of families alone (`families`). Rates that depend
on the totals are no obstacle: births and losses still hit a cell at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import uniforms
from reseed.clones.families import families
from reseed.clones.kendall import Law
from reseed.nouns.key import Key

Counts = NDArray[np.int64]


def follow(key: Key, patient: int, founders: int, totals: Sequence[int], laws: Law) -> Counts:
    """Sizes (time, clone) of `founders` clones of one cell each, and in the last column the rest.

    `totals` (time,) are the cells of the pool, from the founders' arrival on, and `laws` those of
    the intervals between these times. The rest are cells of no founder's: there before, or come
    later to a pool that had died out. Every row sums to its total. ValueError if there are more
    founders than cells. Draws are addressed by patient, time and cell under `key.stream`.
    """
    if founders > totals[0]:
        raise ValueError(f"{founders} founders in a pool of {totals[0]} cells")
    rows = np.zeros((len(totals), founders + 1), dtype=np.int64)
    rows[0, :-1], rows[0, -1] = 1, totals[0] - founders
    for step in range(1, len(totals)):
        odds = float(laws.odds[step - 1])
        rows[step] = _next(key, patient, step, rows[step - 1], int(totals[step]), odds)
    return rows


def _next(key: Key, patient: int, step: int, before: Counts, after: int, odds: float) -> Counts:
    cells, found = int(before.sum()), np.zeros_like(before)
    if not cells:
        found[-1] = after
    if not (cells and after):
        return found

    def luck(name: str, count: int) -> NDArray[np.float64]:
        stream = Key(key.seed, f"{key.stream}/{name}")
        return uniforms(stream, patient, draw=np.arange(count), occurrence=step)

    kept = families(float(luck("families", 1)[0]), cells, after, odds)
    clones = np.repeat(np.arange(len(before)), before)
    parents = clones if kept == cells else clones[_chosen(luck("parents", cells), kept)]
    cuts = 1 + _chosen(luck("sharing", after - 1), kept - 1)
    family = np.diff(np.concatenate([[0], cuts, [after]]))
    np.add.at(found, parents, family)
    return found


def _chosen(luck: NDArray[np.float64], number: int) -> Counts:
    """A random choice of so many places, in rising order: those with the least luck."""
    return np.sort(np.argsort(luck, kind="stable")[:number])
