"""The clock: every time inside reseed is in days on the study clock, 0 = study entry."""

from __future__ import annotations

DAYS_PER_YEAR = 365.25
HOURS_PER_DAY = 24.0
SECONDS_PER_DAY = 86_400.0
