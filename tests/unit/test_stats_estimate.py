"""Estimates: the right kind of summary for each kind of endpoint."""

import numpy as np
import pytest

from reseed.nouns.endpoint import Endpoint
from reseed.nouns.outcomes import Outcomes
from reseed.stats import cumulative_incidence, estimate, kaplan_meier, quantiles
from reseed.stats.estimate import AVERAGED, MEASURED, RATED, TIME_TO_EVENT

NAN = float("nan")


def endpoint(name: str, kind: str, competing: tuple[str, ...] = (), **settings) -> Endpoint:
    """An endpoint over 28.5 days."""
    settings_of = tuple(settings.items())
    return Endpoint(name, name, "", kind, "infusion", 0.0, 28.5, settings_of, competing, "test")


def outcomes(name: str, rows: list[tuple[float, int, float]], unit: str = "day") -> Outcomes:
    """Rows of an endpoint, and of another one in between, which must not be taken."""
    both = [row for pair in zip(rows, [(1.0, 1, 99.0)] * len(rows), strict=True) for row in pair]
    time, status, value = (np.array(column) for column in zip(*both, strict=True))
    patients = np.repeat(np.arange(len(rows)), 2)
    return Outcomes(
        patients, (name, "other") * len(rows), time, status, value, (unit, "x") * len(rows), time
    )


EVENTS = [(10.0, 1, NAN), (11.0, 1, NAN), (12.5, 2, NAN), (28.5, 0, NAN), (NAN, 0, NAN)]


def test_time_to_event_is_a_cumulative_incidence() -> None:
    """On each day and the last one; undefined patients are counted, not used."""
    found = estimate(outcomes("anc", EVENTS), endpoint("anc", "sustained", ("death",)), "arm")
    assert (found.arm, found.endpoint, found.kind) == ("arm", "anc", "cumulative_incidence")
    assert found.times.tolist() == [*range(29), 28.5]
    assert (found.n, found.missing, found.unit) == (4, 1, "day")
    assert (found.q25, found.median) == (10, 11) and np.isnan(found.q75)
    direct = cumulative_incidence([10, 11, 12.5, 28.5], [1, 1, 2, 0], found.times)
    assert np.array_equal(found.estimate, direct.estimate)
    assert found.estimate[-1] == 0.5 and found.at_risk[0] == 4 and found.at_risk[-1] == 1


def test_survival_on_request() -> None:
    """With the setting, and only where nothing competes."""
    rows = [(10.0, 1, NAN), (28.5, 0, NAN), (28.5, 0, NAN)]
    rule = endpoint("os", "first", records=("death",), summary="survival")
    found = estimate(outcomes("os", rows), rule, "arm")
    assert found.kind == "survival"
    direct = kaplan_meier([10, 28.5, 28.5], [1, 0, 0], found.times)
    assert np.array_equal(found.low, direct.low)
    assert found.estimate[-1] == pytest.approx(2 / 3) and np.isnan(found.median)
    with pytest.raises(ValueError, match="compet"):
        estimate(outcomes("os", EVENTS), rule, "arm")


def test_measured_endpoint_is_a_distribution() -> None:
    """Quartiles over the patients who have a value, in its unit."""
    rows = [(NAN, 1, value) for value in (4.0, 1.0, 2.0, 3.0, 5.0)] + [(NAN, 0, NAN)]
    found = estimate(outcomes("cd34", rows, "cell/kg"), endpoint("cd34", "amount"), "arm")
    assert (found.kind, found.unit, found.n, found.missing) == ("distribution", "cell/kg", 5, 1)
    assert (found.q25, found.median, found.q75) == (2, 3, 4)
    assert found.times.size == found.at_risk.size == 0


@pytest.mark.parametrize("kind", ["sustained", "amount"])
def test_endpoint_that_nobody_has(kind: str) -> None:
    """Everyone's solution failed, or nobody was infused: numbers are missing, nothing breaks."""
    rows = [(NAN, 0, NAN)] * 3
    found = estimate(outcomes("x", rows), endpoint("x", kind), "arm")
    assert (found.n, found.missing) == (0, 3)
    assert np.isnan([found.median, found.q25, found.q75]).all()
    assert np.isnan(found.estimate).all()


def test_curve_may_start_before_the_infusion() -> None:
    """Where the endpoint does."""
    rule = endpoint("x", "first", records=("infection",))
    early = Endpoint(*(getattr(rule, n) for n in Endpoint.__slots__[:5]), -4.5, 3.0,
                     rule.settings, (), "test")  # fmt: skip
    found = estimate(outcomes("x", [(-2.0, 1, NAN), (3.0, 0, NAN)]), early, "arm")
    assert found.times.tolist() == [-5, -4, -3, -2, -1, 0, 1, 2, 3]
    assert found.estimate[[2, 3]].tolist() == [0, 0.5]


def test_every_kind_of_endpoint_has_an_estimator() -> None:
    """The adjudicators of `readout` are the closed list."""
    from reseed.readout.kinds import KINDS

    assert set(KINDS) == {*TIME_TO_EVENT, *MEASURED, *AVERAGED, *RATED}
    with pytest.raises(ValueError, match="mood"):
        estimate(outcomes("x", EVENTS), endpoint("x", "mood"), "arm")


def test_quantiles_leave_out_what_is_missing() -> None:
    """The default of numpy, between two values in proportion."""
    assert quantiles([1.0, NAN, 2.0], (0.5, 1.0)).tolist() == [1.5, 2.0]
    assert np.isnan(quantiles([NAN])).all()
