"""Laws by their inverse distribution functions, held against closed forms."""

import numpy as np
import pytest
from scipy import stats

from reseed.base.keys import uniforms
from reseed.cohort.laws import LAWS, fault_of, values_of
from reseed.nouns.distribution import Distribution
from reseed.nouns.key import Key

U = uniforms(Key(3, "laws"), np.arange(100_000))
SIGMA = np.sqrt(np.log(1 + 0.4**2))
QUARTILES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])

LAWS_AND_ORACLES = [
    (Distribution("normal", 70.0, 12.0), stats.norm(70, 12)),
    (Distribution("lognormal", 5.0, 0.4), stats.lognorm(SIGMA, scale=5)),
    (Distribution("uniform", low=18.0, high=65.0), stats.uniform(18, 47)),
    (Distribution("gamma", shape=2.5, scale=3.0), stats.gamma(2.5, scale=3)),
    (Distribution("beta", shape=2.0, scale=5.0, low=1.0, high=4.0), stats.beta(2, 5, 1, 3)),
    (Distribution("beta", shape=2.0, scale=5.0), stats.beta(2, 5)),
    (Distribution("negative_binomial", 3.0, shape=1.5), stats.nbinom(1.5, 1.5 / 4.5)),
    (Distribution("bernoulli", 0.3), stats.bernoulli(0.3)),
]


@pytest.mark.parametrize(("law", "oracle"), LAWS_AND_ORACLES, ids=lambda x: getattr(x, "kind", ""))
def test_law_has_the_moments_and_quantiles_of_its_closed_form(law, oracle) -> None:
    """Mean within five standard errors, quantiles within five of theirs."""
    values = values_of(law, U)
    assert abs(values.mean() - oracle.mean()) < 5 * oracle.std() / np.sqrt(U.size)
    below = np.array([np.mean(values <= q) for q in oracle.ppf(QUARTILES)])
    assert np.all(np.abs(below - oracle.cdf(oracle.ppf(QUARTILES))) < 5 * 0.5 / np.sqrt(U.size))


def test_lognormal_means_median_and_coefficient_of_variation() -> None:
    """The centre is the median, the spread SD over mean of the quantity itself."""
    values = values_of(Distribution("lognormal", 500.0, 0.4), U)
    assert np.median(values) == pytest.approx(500, rel=0.01)
    assert values.std() / values.mean() == pytest.approx(0.4, rel=0.02)


def test_logitnormal_is_normal_on_the_logit_scale() -> None:
    """And stays inside (0, 1)."""
    values = values_of(Distribution("logitnormal", 0.8, 0.5), U)
    logits = np.log(values / (1 - values))
    assert logits.mean() == pytest.approx(np.log(4), abs=0.01)
    assert logits.std() == pytest.approx(0.5, rel=0.02)


def test_categories_come_in_proportion_to_their_weights() -> None:
    """A level of weight 0 never, and weights need not sum to 1."""
    values = values_of(Distribution("categorical", weights=(3.0, 0.0, 1.0)), U)
    shares = np.bincount(values.astype(int), minlength=3) / U.size
    assert shares == pytest.approx([0.75, 0, 0.25], abs=0.01)


@pytest.mark.parametrize(
    ("law", "oracle"),
    [
        (
            Distribution("normal", 70.0, 12.0, low=60.0, high=75.0),
            stats.truncnorm(-10 / 12, 5 / 12),
        ),
        (Distribution("normal", 70.0, 12.0, low=90.0), stats.truncnorm(20 / 12, np.inf)),
    ],
)
def test_truncated_normal_is_the_truncated_law(law, oracle) -> None:
    """Not a clipped one: the mean and the quartiles are those of the closed form."""
    values = (values_of(law, U) - 70) / 12
    assert values.mean() == pytest.approx(oracle.mean(), abs=0.01)
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    assert quartiles == pytest.approx(oracle.ppf([0.25, 0.5, 0.75]), abs=0.01)


@pytest.mark.parametrize(
    "law",
    [
        Distribution("normal", 0.0, 1.0, low=-0.1, high=0.2),
        Distribution("lognormal", 5.0, 0.9, low=4.0, high=40.0),
        Distribution("logitnormal", 0.5, 3.0, low=0.2, high=0.9),
        Distribution("gamma", shape=2.0, scale=1.0, high=0.5),
        Distribution("negative_binomial", 3.0, shape=2.0, low=1.0, high=4.0),
        Distribution("normal", 0.0, 1.0, low=6.0),
    ],
    ids=lambda law: f"{law.kind} {law.low} {law.high}",
)
def test_truncated_values_lie_between_the_bounds(law: Distribution) -> None:
    """Also at the two ends of the uniform numbers, and they still vary."""
    ends = np.array([2.0**-54, 1 - 2.0**-54])
    for values in (values_of(law, U), values_of(law, ends)):
        assert np.all(values >= (-np.inf if law.low is None else law.low))
        assert np.all(values <= (np.inf if law.high is None else law.high))
        assert np.isfinite(values).all()
        assert np.unique(values).size > 1


def test_truncated_counts_keep_their_proportions() -> None:
    """Both bounds are included."""
    law = Distribution("negative_binomial", 3.0, shape=2.0, low=1.0, high=4.0)
    counts = np.bincount(values_of(law, U).astype(int), minlength=5)[1:] / U.size
    mass = stats.nbinom(2.0, 2.0 / 5.0).pmf([1, 2, 3, 4])
    assert counts == pytest.approx(mass / mass.sum(), abs=0.01)


@pytest.mark.parametrize("kind", ["normal", "lognormal", "logitnormal", "fixed"])
def test_law_without_spread_is_its_centre(kind: str) -> None:
    """Nothing varies, and the bounds are no trouble."""
    law = Distribution(kind, 0.3, 0.0, low=0.1, high=0.9)
    assert np.allclose(values_of(law, U[:10]), 0.3, rtol=1e-15)


@pytest.mark.parametrize(
    ("law", "part"),
    [
        (Distribution("weibull"), "weibull"),
        (Distribution("normal", 0.0, -1.0), "spread"),
        (Distribution("lognormal", 0.0, 0.3), "median"),
        (Distribution("logitnormal", 1.0, 0.3), "between 0 and 1"),
        (Distribution("uniform", low=1.0), "both"),
        (Distribution("uniform", low=65.0, high=18.0), "above"),
        (Distribution("gamma", shape=0.0, scale=1.0), "shape"),
        (Distribution("categorical"), "weights"),
        (Distribution("categorical", weights=(-1.0, 2.0)), "weights"),
        (Distribution("bernoulli", 1.5), "probability"),
        (Distribution("normal", 0.0, 1.0, low=50.0, high=51.0), "between its bounds"),
        (Distribution("normal", 3.0, 0.0, low=5.0), "between its bounds"),
    ],
    ids=lambda x: getattr(x, "kind", x),
)
def test_numbers_that_make_no_law_are_named(law: Distribution, part: str) -> None:
    """A sentence says what is wrong, and nothing is drawn."""
    assert part in fault_of(law)
    with pytest.raises(ValueError, match=part):
        values_of(law, U[:3])


def test_every_kind_of_the_noun_is_there() -> None:
    """The table in the noun's docstring is the closed list."""
    named = {
        line.split("`")[1] for line in (Distribution.__doc__ or "").splitlines() if "`" in line
    }
    assert set(LAWS) <= named | set(LAWS) and "negative_binomial" in named
    assert {kind for kind in named if kind != "kind"} == set(LAWS)


@pytest.mark.parametrize(
    ("mean", "size"), [(0.01, 0.2), (0.8, 4.5), (3.0, 1.5), (50.0, 3.0), (1e4, 0.5), (1e6, 2.0)]
)
def test_negative_binomial_is_scipys_count_by_count(mean: float, size: float) -> None:
    """From rare events to millions, far into both tails."""
    tails = 10.0 ** -np.arange(2.0, 7.0)
    uniform = np.concatenate([(np.arange(400) + 0.5) / 400, tails, 1.0 - tails])
    counts = values_of(Distribution("negative_binomial", centre=mean, shape=size), uniform)
    assert np.array_equal(counts, stats.nbinom.ppf(uniform, size, size / (size + mean)))


@pytest.mark.parametrize("mean", [1e9, 1e12, 1e14])
def test_negative_binomial_of_a_huge_mean_is_found_as_fast(mean: float) -> None:
    """In a bounded number of steps; the same as scipy's to the precision of the latter."""
    uniform = (np.arange(400) + 0.5) / 400
    counts = values_of(Distribution("negative_binomial", centre=mean, shape=2.0), uniform)
    assert np.array_equal(counts, np.floor(counts))
    np.testing.assert_allclose(
        counts, stats.nbinom.ppf(uniform, 2.0, 2.0 / (2.0 + mean)), rtol=1e-9
    )


def test_negative_binomial_beyond_whole_numbers_ends() -> None:
    """A mean of 1e30 has no exact count as a double: the largest is given."""
    counts = values_of(Distribution("negative_binomial", centre=1e30, shape=2.0), U[:10])
    assert np.array_equal(counts, np.full(10, 2.0**53))
