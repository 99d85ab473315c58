"""How to reproduce: version, seed, scenario, digests, and the command."""

from __future__ import annotations

import shlex
from typing import Any

from reseed.report.blocks import Block, Column, Piece, Prose, Row, Table, Text
from reseed.report.data import ArmData, TrialData
from reseed.report.names import spoken
from reseed.report.numbers import count, number


def build(data: TrialData) -> tuple[Block, ...]:
    """The command, or the lines of Python; the user's own files; settings and systems."""
    run = data.run
    facts = (
        ("reseed version", str(run.get("reseed", ""))),
        ("Results version", str(run.get("results", ""))),
        ("Scenario", str(run.get("scenario", ""))),
        ("Digest of the trial", str(run.get("digest", ""))),
        ("Seed", str(run.get("seed", ""))),
        ("Patients per arm", count(int(run.get("patients", 0)))),
        ("Design", spoken(str(run.get("design", "")))),
        ("Infusion on study day", number(float(run.get("infusion_day", 0)))),
        ("Follow-up after infusion, days", number(float(run.get("follow_up_days", 0)), 6)),
        ("Loss to follow-up, per year", number(float(run.get("dropout_per_year", 0)))),
        ("Relative tolerance of the solver", number(float(run.get("rtol", 0)))),
    )
    columns = (Column("Setting", "left", 40), Column("Value", "left", 60))
    settings = Table("Settings", columns, tuple(Row(fact) for fact in facts), dense=True)
    python = _other_arms(data)
    lines = _python(data) if python else (_command(data),)
    what = (
        "The arms were chosen from Python. The same lines with the same version"
        if python
        else "The same command with the same version"
    )
    return (
        Prose(f"{what} give{'' if python else 's'} the same results, to the byte on the same type "
              "of processor, for any number of workers:"),
        *(Prose((Piece(line, kind="code"),)) for line in lines),
        *_own(data),
        settings,
        _systems(data),
    )  # fmt: skip


def _command(data: TrialData) -> str:
    run = data.run
    name = str(run.get("scenario", ""))
    library = " --library FOLDER" if run.get("own") else ""
    return (
        f"reseed trial {shlex.quote(name)} --patients {run.get('patients', 0)} "
        f"--seed {run.get('seed', 0)}{_days(data, ' --days {}')}{library}"
    )


def _python(data: TrialData) -> tuple[str, ...]:
    """The calls, a line each."""
    run = data.run
    library = ', library="FOLDER"' if run.get("own") else ""
    arms = {arm.name: _courses(arm) for arm in data.arms}
    days = _days(data, ", days={}")
    return (
        "import reseed",
        f"study = reseed.load({str(run.get('scenario', ''))!r}{library})",
        f"study = study.with_arms({arms!r})",
        f"study.run(patients={run.get('patients', 0)}, seed={run.get('seed', 0)}{days})",
    )


def _courses(arm: ArmData) -> str | list[str]:
    """The course of an arm, or a list of it and what follows it."""
    course, then = str(arm.info.get("course", "")), str(arm.info.get("then", ""))
    return [course, then] if then else course


def _own(data: TrialData) -> tuple[Block, ...]:
    """The user's files, without which the command finds something else or nothing."""
    own = data.run.get("own") or ()
    if not own:
        return ()
    rows = tuple(
        Row((str(one["kind"]), str(one["name"]), (Piece(str(one["digest"]), kind="hash"),)))
        for one in own
    )
    columns = (Column("Folder", "left", 20), Column("Name", "left", 30), Column("SHA-256"))
    text = (
        "It rests on files that do not come with reseed. FOLDER is a folder that holds them, laid "
        "out like the library; the scenario itself is kept beside this report as scenario.toml."
    )
    return (Prose(text), Table("Files of your own", columns, rows, dense=True))


def _scenario(data: TrialData) -> dict[str, Any]:
    """The scenario's file, read; nothing where it cannot be."""
    import tomllib

    try:
        return tomllib.loads(data.scenario)
    except tomllib.TOMLDecodeError:
        return {}


def _other_arms(data: TrialData) -> bool:
    """Whether the run had other arms than its scenario's file."""
    named = _scenario(data).get("arm")
    if not isinstance(named, list):
        return False
    theirs = [(arm.get("name"), arm.get("course"), arm.get("then", "")) for arm in named]
    own = [(arm.name, arm.info.get("course"), arm.info.get("then", "")) for arm in data.arms]
    return theirs != own


def _days(data: TrialData, words: str) -> str:
    """The option for the length of follow-up, if the run changed what the scenario says."""
    own, days = _scenario(data).get("follow_up_days"), data.run.get("follow_up_days")
    return "" if own is None or own == days else words.format(f"{days:g}")


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
