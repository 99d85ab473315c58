"""What published models of multiple sclerosis say of relapses and lesions, by our own coding."""

from __future__ import annotations

import numpy as np
import pytest

from bench.lesions import monthly
from bench.velez import relapses


def test_relapse_rate_by_response() -> None:
    """0.95 +- 0.15 a year at the authors' response, fewer than 0.1 at 0.30 (Velez 2011)."""
    rate, _ = relapses(0.25, 200, years=5.0, since=0.0)
    assert rate == pytest.approx(0.95, abs=0.15)
    assert relapses(0.30, 100, years=5.0, since=0.0)[0] < 0.1


def test_depletion_alone_gives_no_remission() -> None:
    """99 % of effectors and regulators killed: the later rate changes by less than a quarter."""
    as_they_were, _ = relapses(0.25, 200, years=5.0, since=3.0)
    depleted, _ = relapses(0.25, 200, years=5.0, since=3.0, killed=0.99)
    assert depleted == pytest.approx(as_they_were, rel=0.25)


def test_lesions_a_month() -> None:
    """3.25 +- 0.2 in 48 months (published 3.26); none in about a fifth of the months."""
    counts = monthly(3000, 48)
    assert counts.mean() == pytest.approx(3.25, abs=0.2)
    assert np.mean(counts == 0) == pytest.approx(0.21, abs=0.04)
