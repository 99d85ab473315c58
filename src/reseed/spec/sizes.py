"""Doses by body size: what they need of a cohort."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from reseed.base import units
from reseed.nouns.course import SIZES
from reseed.spec.quantity import parse_dose
from reseed.spec.shape import attempt, tables
from reseed.spec.sheet import Sheet


def check_sizes(
    data: Mapping[str, Any], course: str, covariates: Collection[str], sheet: Sheet
) -> None:
    """Notes each covariate that a course's doses, or their bands of weight, ask for in vain."""
    for name, drug in dict(_needed(data)).items():
        if name not in covariates:
            expected = f"a cohort with {name}: doses of {drug} in course {course} go by it"
            sheet.add("cohort", f"nothing that is {name}", expected)


def _needed(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Covariate and drug."""
    for stage in tables(data, "stage"):
        for give in tables(stage, "give"):
            bands = tables(give, "band")
            if bands:
                yield SIZES["kg"][0], str(give.get("drug"))
            for one in (give, *bands):
                dose = attempt(parse_dose, one.get("dose"))
                per = units.split_dose_unit(dose.unit)[1] if dose else ""
                if per:
                    yield SIZES[per][0], str(give.get("drug"))
