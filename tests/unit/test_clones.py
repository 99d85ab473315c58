"""Neutral clones against closed forms, a forward equation, and the sums they have to keep."""

import re

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from reseed.base.errors import InvalidInput
from reseed.base.keys import uniforms
from reseed.clones import (
    Law,
    between,
    blood_of,
    chao,
    families,
    follow,
    gini,
    kept,
    richness,
    sampled,
    shannon,
    simpson,
    sizes,
)
from reseed.nouns.key import Key
from reseed.spec.endpoint import read_endpoint

KEY = Key(7, "clones")


def test_constant_rates_give_the_textbook_law():
    """Kendall 1948, doi:10.1214/aoms/1177730285: constant rates b and d."""
    b, d, t = 0.3, 0.2, 5.0
    law = between([0.0, t], [b, b], [d, d])
    growth = np.exp((b - d) * t)
    assert law.mean == pytest.approx(growth, rel=1e-12)
    assert law.variance == pytest.approx((b + d) / (b - d) * growth * (growth - 1), rel=1e-10)
    assert law.survival == pytest.approx((b - d) * growth / (b * growth - d), rel=1e-12)


def test_rates_that_change_give_the_law_of_the_forward_equation():
    """Rates on straight lines: chances of 0, 1, 2, ... cells against the equation itself."""
    times, born, lost = np.array([0.0, 4.0]), np.array([0.5, 0.1]), np.array([0.1, 0.6])
    law = between(times, born, lost)
    n = np.arange(120.0)

    def forward(t, p):
        b, d = np.interp(t, times, born), np.interp(t, times, lost)
        change = -(b + d) * n * p
        change[1:] += b * n[:-1] * p[:-1]
        change[:-1] += d * n[1:] * p[1:]
        return change

    start = (n == 1).astype(float)
    found = solve_ivp(forward, times, start, rtol=1e-10, atol=1e-13, method="LSODA").y[:, -1]
    p, q = law.survival[0], law.more[0]
    expected = np.where(n == 0, 1 - p, p * (1 - q) * q ** np.maximum(n - 1, 0))
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_pure_loss_leaves_single_cells():
    law = between([0.0, 60.0], [0.0, 0.0], [1 / 60, 1 / 60])
    assert law.survival == pytest.approx(np.exp(-1.0))
    assert law.more == 0.0
    assert set(sizes(law, uniforms(KEY, np.arange(1000)))) == {0, 1}


def test_sizes_have_the_law_they_are_drawn_from():
    law = between([0.0, 10.0], [0.2, 0.1], [0.05, 0.2])
    drawn = sizes(law, uniforms(KEY, 3, draw=np.arange(200_000)))
    error = np.sqrt(law.variance[0] / len(drawn))
    assert drawn.mean() == pytest.approx(law.mean[0], abs=4 * error)
    assert drawn.var() == pytest.approx(law.variance[0], rel=0.03)
    assert (drawn > 0).mean() == pytest.approx(law.survival[0], abs=0.005)


@pytest.mark.parametrize("shape", [([0, 1], [0.1], [0.1, 0.1]), ([1, 0], [0.1, 0.1], [0.1, 0.1])])
def test_bad_rates_are_refused(shape):
    with pytest.raises(ValueError, match="times"):
        between(*shape)
    with pytest.raises(ValueError, match="at least 0"):
        between([0, 1], [-0.1, 0.1], [0.1, 0.1])


def test_families_have_the_law_of_independent_ones_given_their_sum():
    """Draw independent families, keep those of the wanted sum: the same number of families."""
    law = between([0.0, 3.0], [0.3, 0.3], [0.25, 0.25])
    cells, wanted = 12, 10
    drawn = sizes(law, uniforms(KEY, np.arange(50_000)[:, None], draw=np.arange(cells)))
    fitting = (drawn[drawn.sum(axis=1) == wanted] > 0).sum(axis=1)
    luck = uniforms(KEY, 1, draw=np.arange(len(fitting)), occurrence=1)
    given = np.array([families(u, cells, wanted, float(law.odds[0])) for u in luck])
    assert_same_law(fitting, given)


def test_a_step_has_the_law_of_independent_clones_given_their_sum():
    """The size of one clone after a step in which its pool goes from 6 cells to 7."""
    law = between([0.0, 4.0], [0.2, 0.4], [0.3, 0.1])
    drawn = sizes(law, uniforms(KEY, np.arange(50_000)[:, None], draw=np.arange(6)))
    first = drawn[drawn.sum(axis=1) == 7][:, 0]
    given = np.array([follow(KEY, who, 6, [6, 7], law)[1, 0] for who in range(2_000)])
    assert_same_law(first, given)


def test_two_steps_are_as_good_as_one():
    """A stop on the way, at a total that is drawn there, changes no law at the end."""
    half = between([0.0, 2.0], [0.3, 0.3], [0.2, 0.2])
    whole = between([0.0, 4.0], [0.3, 0.3], [0.2, 0.2])
    twice = Law(np.repeat(half.survival, 2), np.repeat(half.more, 2))
    middle = sizes(half, uniforms(KEY, np.arange(20_000)[:, None], draw=np.arange(4))).sum(axis=1)
    luck = uniforms(KEY, np.arange(20_000)[:, None], draw=np.arange(40), occurrence=1)
    each = sizes(half, luck) * (np.arange(40) < middle[:, None])
    ways = middle[(each.sum(axis=1) == 5) & (middle > 0)][:1_500]
    two = [follow(KEY, who, 4, [4, m, 5], twice)[2, 0] for who, m in enumerate(ways)]
    one = [follow(KEY, 10_000 + who, 4, [4, 5], whole)[1, 0] for who in range(len(ways))]
    assert_same_law(np.array(two), np.array(one))


def test_clones_and_rest_sum_to_the_pool():
    days = np.arange(0.0, 400.0, 30.0)
    laws = between(days, np.full(14, 0.01), np.full(14, 0.008))
    totals = [50, 48, 61, 70, 66, 90, 101, 99, 120, 140, 30, 0, 0, 5]
    found = follow(KEY, 2, 40, totals, laws)
    assert found.sum(axis=1).tolist() == totals
    assert (found >= 0).all()
    assert not found[11:, :-1].any()  # who has died out stays so
    assert found[13, -1] == 5


def test_a_lost_clone_never_returns_and_without_losses_none_is_lost():
    days = np.arange(5.0)
    shrinking = follow(KEY, 0, 300, [300, 250, 260, 240, 230], between(days, *np.ones((2, 5))))
    alive = shrinking[:, :-1] > 0
    assert not (alive[1:] & ~alive[:-1]).any()
    growing = between(days, np.ones(5), np.zeros(5))
    assert (follow(KEY, 0, 30, [30, 70, 200, 500, 1000], growing)[:, :-1] > 0).all()


def test_a_patient_has_the_same_clones_alone_and_followed_for_longer():
    days = np.arange(6.0)
    laws = between(days, np.ones(6), np.ones(6))
    short = Law(laws.survival[:3], laws.more[:3])
    totals = [100, 90, 95, 80, 85, 90]
    whole = {who: follow(KEY, who, 100, totals, laws) for who in (5, 3, 4)}
    again = {who: follow(KEY, who, 100, totals[:4], short) for who in (3, 4, 5)}
    for who in whole:
        np.testing.assert_array_equal(whole[who][:4], again[who])
    assert (whole[3] != whole[4]).any()


def test_more_founders_than_cells_are_refused():
    with pytest.raises(ValueError, match="5 founders in a pool of 4"):
        follow(KEY, 0, 5, [4, 4], between([0, 1], [1, 1], [1, 1]))


def test_blood_sums_to_its_pool_and_early_clones_go_before_late_ones_come():
    days = np.arange(0.0, 721.0, 30.0)
    left = np.exp(-days / 60)
    pool = 1000 * left + 5000 * (1 - left)
    shares = np.tile([0.3, 0.2], (len(days), 1))
    blood = blood_of(KEY, 0, days, pool, left, 600, shares, 180.0)
    parts = blood.early.sum(axis=1) + blood.late.sum(axis=1) + blood.rest
    np.testing.assert_allclose(parts, blood.total, rtol=1e-12)
    assert (blood.rest >= 0).all()
    assert blood.early[0].all()
    assert blood.early.sum(axis=1).tolist() == np.floor(600 * left + 1e-9).tolist()
    assert not blood.late[days <= 180].any()
    # in the end the fed cells are those of the stem cells
    assert blood.late[-1] / blood.total[-1] == pytest.approx([0.3, 0.2], rel=0.01)


def test_without_delay_blood_is_the_whole_pool():
    days = np.arange(0.0, 721.0, 30.0)
    left = np.exp(-days / 60)
    pool = 1000 * left + 5000 * (1 - left)
    blood = blood_of(KEY, 0, days, pool, left, 600, np.zeros((len(days), 0)), 0.0)
    np.testing.assert_allclose(blood.total, pool, rtol=1e-12)


def test_a_sample_has_the_multinomial_law():
    weights = np.array([5.0, 0.0, 3.0, 2.0])
    found = sampled(KEY, 0, 1, weights, 100_000)
    assert found.sum() == 100_000
    assert found[1] == 0
    np.testing.assert_allclose(found / 100_000, weights / 10, atol=0.006)
    assert not sampled(KEY, 0, 1, np.zeros(3), 10).any()


def test_diversity_of_known_samples():
    equal, one = [5, 5, 5, 5, 0], [0, 8, 0]
    assert (richness(equal), richness(one)) == (4, 1)
    assert (shannon(equal), shannon(one)) == pytest.approx((np.log(4), 0))
    assert (simpson(equal), simpson(one)) == pytest.approx((0.25, 1))
    assert (gini(equal), gini([1, 3])) == pytest.approx((0, 0.25))
    assert kept([1, 2, 0, 4], [0, 1, 5, 1]) == pytest.approx(2 / 3)
    assert np.isnan([shannon([]), simpson([0]), gini([0]), kept([0], [1])]).all()


def test_the_estimate_of_equal_clones_is_their_number_and_of_unequal_ones_no_more():
    """500 clones, 600 of whose cells are sampled, so that three in ten are missed; 200 samples."""
    equal, unequal = np.ones(500), 1.0 / np.arange(1, 501)
    for weights, low, high in ((equal, 490, 510), (unequal, 250, 500)):
        samples = [sampled(KEY, who, 1, weights, 600) for who in range(200)]
        assert np.mean([richness(sample) for sample in samples]) < 360
        assert low < np.mean([chao(sample) for sample in samples]) < high


def test_the_estimate_by_hand():
    """Five clones, three of them seen once and one twice: 5 + 3*2/(2*2); of nothing, nothing."""
    assert chao([1, 1, 1, 2, 7, 0]) == pytest.approx(6.5)
    assert chao([]) == 0


CLONES = """
title = "Clones"
definition = "Clones seen."
kind = "clones"
origin = "infusion"
from_day = 0
to_day = 365
source = "test"
[settings]
day = 365
"""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('measure = "estimated"', "settings.cells: found nothing; expected a number with estim"),
        ('measure = "late"\ncells = 10', "settings.cells: found 10; expected none with late"),
        ('measure = "seen"', "settings.cells: found nothing; expected a number with seen"),
        ("cells = 1000", "settings.cells: found 1000; expected none with alive"),
        ('measure = "kept"\ncells = 10', "settings.first_day: found nothing"),
        ('measure = "seen"\ncells = 10\nfirst_day = 30', "settings.first_day: found 30"),
        ('measure = "old"', "settings.measure"),
    ],
)
def test_an_endpoint_of_clones_says_what_it_lacks(tmp_path, settings, told):
    path = tmp_path / "clones.toml"
    path.write_text(CLONES + settings)
    with pytest.raises(InvalidInput, match=re.escape(told)):
        read_endpoint(path)


def assert_same_law(one, other, alpha=1e-3):
    """Two samples of whole numbers by the chi-squared test of homogeneity."""
    bins = np.arange(max(one.max(), other.max()) + 2)
    table = np.stack([np.histogram(x, bins)[0] for x in (one, other)]).astype(float)
    table = table[:, table.sum(axis=0) >= 20]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = ((table - expected) ** 2 / expected).sum()
    assert statistic < chi2.ppf(1 - alpha, table.shape[1] - 1)
