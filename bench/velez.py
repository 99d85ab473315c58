"""Relapses of the cross-regulation model of multiple sclerosis, by its regulatory response.

    python -m bench.velez                    # table and fit, about a minute
    python -m bench.velez --histories 50

Velez de Mendizabal 2011, doi:10.1186/1752-0509-5-114: resting and activated effector and regulatory
T cells; naive cells of either kind arrive at random. A relapse is effector activity above the
threshold of damage, counted once in 30 days. What `library/models/ms` takes from it is how the rate
of relapses falls as regulation grows: the logarithm of the rate as a parabola in the response.
"""

from __future__ import annotations

import argparse

import numpy as np

# the authors' values, per day and in cells; alpha_r is the response of regulation
DELTA, BETA, ETA, ALPHA_E, GAMMA_E, GAMMA_R = 1.0, 0.01, 0.01, 2.0, 0.2, 0.2
HALF_E, HALF_R, POWER, DAMAGE = 1000.0, 200.0, 5.0, 22_800.0
ARRIVALS, CELLS = 100.0 / 365.0, 100.0  # a day, and each
STEP, YEARS, SETTLED, SPAN = 0.05, 20.0, 1.0, 30.0  # days, years, years left out, days
RESPONSES = (0.21, 0.22, 0.23, 0.24, 0.25, 0.26, 0.27, 0.28, 0.29, 0.30, 0.31, 0.32, 0.33)
MS = 0.25  # the authors' response in multiple sclerosis


def relapses(
    response: float, histories: int, seed: int = 1, years: float = YEARS, *,
    since: float = SETTLED, killed: float = 0.0,
) -> tuple[float, float]:  # fmt: skip
    """Relapses per year and its standard error over histories, by Euler's rule.

    Counted from the year `since`; `killed` of all four kinds of cells die at the start of year 3.
    """
    rng = np.random.default_rng(seed)
    resting_e, resting_r = np.full(histories, 7.5), np.full(histories, 2.4)
    active_e, active_r = np.full(histories, 1000.0), np.full(histories, 200.0)
    above = np.zeros(histories, dtype=bool)
    last = np.full(histories, -SPAN)
    count = np.zeros(histories)
    for step in range(int(years * 365 / STEP)):
        day = step * STEP
        if killed and step == int(2 * 365 / STEP):
            active_e, resting_e, active_r, resting_r = (
                (1.0 - killed) * cells for cells in (active_e, resting_e, active_r, resting_r)
            )
        new_e = CELLS * (rng.random(histories) < ARRIVALS * STEP)
        new_r = CELLS * (rng.random(histories) < ARRIVALS * STEP)
        held = active_r**POWER / (HALF_R**POWER + active_r**POWER)
        help_ = active_e**POWER / (HALF_E**POWER + active_e**POWER)
        growth_e = ALPHA_E * (1.0 - held) - GAMMA_E * held - ETA
        growth_r = response * help_ - GAMMA_R - ETA
        active_e, resting_e = (
            active_e + STEP * (DELTA * resting_e + growth_e * active_e),
            resting_e + new_e + STEP * (ETA * active_e - (DELTA + BETA) * resting_e),
        )
        active_r, resting_r = (
            active_r + STEP * (DELTA * resting_r + growth_r * active_r),
            resting_r + new_r + STEP * (ETA * active_r - (DELTA + BETA) * resting_r),
        )
        now = active_e > DAMAGE
        fresh = now & ~above & (day - last >= SPAN)
        if day >= since * 365:
            count += fresh
        last = np.where(now, day, last)
        above = now
    rates = count / (years - since)
    return float(rates.mean()), float(rates.std() / np.sqrt(histories))


def main() -> None:
    """Print the table, and the parabola that the library's module uses."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--histories", type=int, default=200)
    options = parser.parse_args()
    rows = [(response, *relapses(response, options.histories)) for response in RESPONSES]
    used = [(response, rate, error) for response, rate, error in rows if rate > 0]
    excess = np.array([response - MS for response, _, _ in used])
    logs = np.log([rate for _, rate, _ in used])
    weights = [rate / error for _, rate, error in used]
    parabola = np.polynomial.Polynomial.fit(excess, logs, 2, w=np.minimum(weights, 20.0)).convert()
    print("response  relapses/year  standard error  parabola")
    for response, rate, error in rows:
        fitted = float(np.exp(parabola(response - MS)))
        print(f"{response:8.2f}  {rate:13.4f}  {error:14.4f}  {fitted:.4f}")
    print("log rate = " + " + ".join(f"{c:.5g} x^{n}" for n, c in enumerate(parabola.coef)))


if __name__ == "__main__":
    main()
