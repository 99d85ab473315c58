"""How to reproduce: version, seed, scenario, digests, and the command."""

from __future__ import annotations

import shlex

from reseed.report.blocks import Block, Column, Piece, Prose, Row, Table, Text
from reseed.report.data import TrialData
from reseed.report.names import spoken
from reseed.report.numbers import count, number


def build(data: TrialData) -> tuple[Block, ...]:
    """The command, the settings and the systems of the arms."""
    run = data.run
    scenario = str(run.get("scenario", ""))
    command = (
        f"reseed trial {shlex.quote(scenario)} --patients {run.get('patients', 0)} "
        f"--seed {run.get('seed', 0)}{_days(data)}"
    )
    facts = (
        ("reseed version", str(run.get("reseed", ""))),
        ("Results version", str(run.get("results", ""))),
        ("Scenario", scenario),
        ("Seed", str(run.get("seed", ""))),
        ("Patients per arm", count(int(run.get("patients", 0)))),
        ("Design", spoken(str(run.get("design", "")))),
        ("Infusion on study day", number(float(run.get("infusion_day", 0)))),
        ("Follow-up after infusion, days", number(float(run.get("follow_up_days", 0)))),
        ("Relative tolerance of the solver", number(float(run.get("rtol", 0)))),
    )
    columns = (Column("Setting", "left", 40), Column("Value", "left", 60))
    settings = Table("Settings", columns, tuple(Row(fact) for fact in facts), dense=True)
    return (
        Prose("The same command with the same version gives the same results:"),
        Prose((Piece(command, kind="code"),)),
        settings,
        _systems(data),
    )


def _days(data: TrialData) -> str:
    """The option for the length of follow-up, if the run changed what the scenario says."""
    import tomllib

    try:
        own = tomllib.loads(data.scenario).get("follow_up_days")
    except tomllib.TOMLDecodeError:
        return ""
    days = data.run.get("follow_up_days")
    return "" if own is None or own == days else f" --days {days:g}"


def _systems(data: TrialData) -> Table:
    rows = []
    for arm in data.arms:
        modules = ", ".join(str(name).replace("_", " ") for name in arm.info.get("modules", ()))
        digest: Text = (Piece(str(arm.info.get("system", "")), kind="hash"),)
        rows.append(Row((arm.title, str(arm.info.get("course", "")), modules, digest)))
    columns = (
        Column("Arm", "left", 20),
        Column("Course", "left", 20),
        Column("Modules", "left", 34),
        Column("Digest of the system", "left", 26),
    )
    return Table("Systems of equations", columns, tuple(rows), dense=True)
