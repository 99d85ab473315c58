"""The benchmark's virtual patients: varying parameters, and 23 discontinuities each.

Every number comes from a stream with the patient's own address (`reseed.base.keys`), so patient
3 is the same patient whether three or a million are drawn. Seed 0 is for tuning, seed 77 is held
out for what is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import normals, uniforms
from reseed.nouns.key import Key

MODEL = Path(__file__).parent / "models" / "reconstitution.ant"
SIGMA = 0.2
END = 5475.0  # days
HELD_OUT = 77
VARYING = tuple(
    """p_hsc k_home k_mpp k_cmp k_gmp k_tr k_anc K_gp EC_g k_gint ka_g k_meg k_plt k_tpo k_ebl
    k_rbc k_mono k_clp k_etp k_dn k_dp k_sp4 k_sp8 k_tec k_inv d_n4 d_n8 d_m4 d_m8 d_tr k_prob
    k_naib k_ig k_nk kmax_c kmax_a k_c10 k_a10""".split()
)
OBSERVABLES = tuple("Ha Anc Plt Rbc Mono N4 M4 M8 Treg AutE NaiB Ig".split())
TIMES = np.concatenate([np.linspace(0, 60, 61), np.geomspace(60, END, 140)[1:]])

CHEMO_HOURS, ATG_HOURS, GRAFT_HOURS = 2, 6, 2
CHEMO, ATG, GRAFT, BOLUS = 1.5, 0.7, 0.08, 20.0  # amounts, in the model's own units


@dataclass(frozen=True, slots=True)
class Population:
    """Patients of the benchmark, one row each; an event adds its amount to its target.

    `values` is (patient, 38) beside `names`; `times` and `amounts` are (patient, 23), sorted in
    time, beside `targets` (states or parameters, the same order for every patient).
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    times: NDArray[np.float64]
    targets: tuple[str, ...]
    amounts: NDArray[np.float64]
    saves: NDArray[np.float64]
    observables: tuple[str, ...]
    end: float

    def __len__(self) -> int:
        """How many patients."""
        return len(self.values)


def population(patients: int, seed: int, first: int = 0) -> Population:
    """Patients of a seed, from number `first` on."""
    ids = first + np.arange(patients)
    draws = normals(Key(seed, "parameters"), ids[:, None], draw=np.arange(len(VARYING)))
    values = np.array([centres()[name] for name in VARYING]) * np.exp(SIGMA * draws)
    times, amounts, targets = _course(ids, seed)
    return Population(VARYING, values, times, targets, amounts, TIMES, OBSERVABLES, END)


@cache
def sbml_text() -> str:
    """The benchmark model as SBML, for everyone who races."""
    import libsbml

    from reseed.model.antimony_text import antimony_to_sbml

    text = libsbml.writeSBMLToString(antimony_to_sbml(MODEL.read_text(), MODEL.stem))
    return str(text)


@cache
def centres() -> dict[str, float]:
    """The model's own values of the parameters that vary."""
    import libsbml

    model = libsbml.readSBMLFromString(sbml_text()).getModel()
    return {name: model.getParameter(name).getValue() for name in VARYING}


def _course(
    ids: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Times (patient, 23), amounts (patient, 23) and targets of the treatment.

    Chemotherapy in four mornings, ATG in the last three of these afternoons, the graft three
    days later, G-CSF daily from five days after it. Jitter is too small to change the order.
    """
    starts = [
        *[("chemo_rate", float(day), CHEMO, CHEMO_HOURS) for day in range(4)],
        *[("atg_rate", day + 0.4, ATG, ATG_HOURS) for day in range(1, 4)],
        ("graft_rate", 6.0, GRAFT, GRAFT_HOURS),
        *[("Gdep", 11.0 + day, BOLUS, 0) for day in range(7)],
    ]
    starts.sort(key=lambda start: start[1])
    count = len(starts)
    jitter = uniforms(Key(seed, "times"), ids[:, None], draw=np.arange(count + 1))
    sizes = np.exp(0.1 * normals(Key(seed, "amounts"), ids[:, None], draw=np.arange(count)))
    first = 2.0 + 2.0 * jitter[:, -1:]
    times, amounts, targets = [], [], []
    for column, (target, day, amount, hours) in enumerate(starts):
        start = first[:, 0] + day + 0.2 * jitter[:, column]
        given = amount * sizes[:, column]
        if not hours:
            times.append(start)
            amounts.append(given)
            targets.append(target)
            continue
        rate = given * 24 / hours  # per day
        times += [start, start + hours / 24]
        amounts += [rate, -rate]
        targets += [target, target]
    return np.stack(times, axis=1), np.stack(amounts, axis=1), tuple(targets)
