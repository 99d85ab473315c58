"""Draw a million patients of every law of chance, and compare with the closed forms.

    python -m bench.chance                                  # 1,000,000 draws of each law
    python -m bench.chance --draws 20000 --only exponential --json

A law holds if each of its quantities is within five standard errors, and each distribution has a
p value above 1e-6. Variances of leaps, extinction after them and leaps of nonlinear rates are
approximate: beside chance they are allowed the margin that the table shows. The exit code is 1 if
a law does not hold.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
import time

from bench.findings import Finding
from bench.laws import LAWS


def line(law: str, finding: Finding, seconds: float) -> str:
    """A row of the table."""
    measured = f"z {finding.z:7.2f}" if math.isnan(finding.p) else f"p {finding.p:7.3g}"
    margin = f"{finding.margin:.1%}" if finding.margin else ""
    return (
        f"{law:20s} {finding.quantity:18s} {finding.draws:9d} {finding.expected:12.6g}"
        f" {finding.observed:12.6g} {measured} {margin:>6s} {seconds:7.1f}"
        f" {'' if finding.holds else 'DOES NOT HOLD'}"
    ).rstrip()


def head() -> str:
    """What the columns are; a distribution has degrees of freedom and statistic there."""
    return (
        f"{'law':20s} {'quantity':18s} {'draws':>9s} {'expected':>12s} {'observed':>12s}"
        f" {'z or p':>9s} {'margin':>6s} {'s':>7s}"
    )


def main() -> int:
    """Draw, print, and say by the exit code whether every law holds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="LAW", action="append", choices=[x.name for x in LAWS])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    rows, holds = [], True
    if not options.json:
        print(head(), flush=True)
    for law in LAWS:
        if options.only and law.name not in options.only:
            continue
        begun = time.perf_counter()
        findings = law.measure(options.draws, options.seed)
        seconds = time.perf_counter() - begun
        holds &= all(finding.holds for finding in findings)
        for finding in findings:
            shown = {name: None if value != value else value for name, value in
                     dataclasses.asdict(finding).items()}  # fmt: skip
            rows.append({"law": law.name, **shown, "holds": bool(finding.holds),
                         "seconds": seconds})  # fmt: skip
            if not options.json:
                print(line(law.name, finding, seconds), flush=True)
    if options.json:
        print(json.dumps({"seed": options.seed, "holds": bool(holds), "findings": rows}, indent=1))
    else:
        print("every law holds" if holds else "not every law holds")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
