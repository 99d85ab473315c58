"""The command line: `reseed list`, `show`, `lint`, `trial`, `simulate`, `export`.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed,
2 wrong usage, 3 invalid input, 4 stopped before the end, 130 interrupted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from reseed.cli.outcome import guarded

app = typer.Typer(
    name="reseed",
    help="Simulates how transplanted stem cells rebuild an immune system, as a clinical trial "
    "would see it. Model output for research and teaching; not for patient care.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 invalid input, 4 stopped before the "
    "end, 130 interrupted.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_LIBRARY_HELP = "A library folder of your own, read after ours; may be given more than once."
# Typer reads these at run time under Python 3.11, where `list[Path] | None` works as well;
# Optional is spelt out because typer's oldest release we allow knows only it.
Libraries = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option("--library", metavar="DIR", help=_LIBRARY_HELP),
]
Scenario = Annotated[str, typer.Argument(help="A scenario's name, or the path of its file.")]
Days = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=1e-6, max=36525, help="Days of follow-up after infusion."),
]
Seed = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=0, max=2**64 - 1, help="Seed of all random numbers."),
]


def _version(wanted: bool) -> None:
    if wanted:
        import reseed

        typer.echo(f"reseed {reseed.__version__}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    library: Libraries = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before a command."""
    context.obj = list(library or [])


@app.command("list")
def list_items(context: typer.Context, library: Libraries = None) -> None:
    """List scenarios, courses, cohorts, endpoints and models, with their titles."""
    with guarded():
        from reseed.cli.catalogue import catalogue

        typer.echo(catalogue(_folders(context, library)))


@app.command()
def show(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            help="Any name that `reseed list` prints; or a model of yours, a file that ends in "
            ".xml, .sbml, .ant or .antimony."
        ),
    ],
    scenario: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Show a model's parameters as this scenario has them, layer by layer."),
    ] = None,
    library: Libraries = None,
) -> None:
    """Show one item in words: a scenario, course, cohort, endpoint or model.

    Of a model of yours: what it has, by name; numbers and states may be set.
    """
    with guarded():
        from reseed.cli.simulate import is_model, show_model

        if is_model(name):
            typer.echo(show_model(name))
            return
        from reseed.cli.show import show_item

        typer.echo(show_item(name, scenario, _folders(context, library)))


@app.command()
def lint(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A file, a model's folder, or a whole library.")],
    library: Libraries = None,
) -> None:
    """Check a file or folder and tell every fault at once.

    In a place such as arm[2].course items are counted from 1.
    """
    with guarded():
        from reseed.spec import find_library
        from reseed.spec import lint as lint_path

        found = find_library(_folders(context, library))
        faults = lint_path(path, found)
        if not faults:
            from reseed.trial.check import compiled_faults

            faults = compiled_faults(path, found)
        for fault in faults:
            typer.echo(str(fault))
        if faults:
            count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
            typer.echo(f"reseed: {count} in {path}", err=True)
            raise typer.Exit(3)
        typer.echo(f"no faults in {path}")


@app.command()
def trial(
    context: typer.Context,
    scenario: Scenario,
    patients: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=10_000_000, help="Patients in each arm."),
    ] = None,
    days: Days = None,
    seed: Seed = None,
    batch: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Patients solved together; changes no result."),
    ] = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Processes; changes no result."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The trial folder; without it runs/<scenario>, numbered where taken."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    library: Libraries = None,
) -> None:
    """Run a virtual trial and write its folder and report.

    The same command goes on where an interrupted run stopped.
    """
    from reseed.cli.trial import TrialCall, run_and_report

    call = TrialCall(
        scenario, patients, days, seed, batch, workers, out, json, _folders(context, library)
    )
    with guarded(resume=call.command()):
        run_and_report(call)


@app.command()
def simulate(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            help="A scenario (its name or file), of which one patient is solved again; or a model "
            "of yours, a file that ends in .xml, .sbml, .ant or .antimony."
        ),
    ],
    arm: Annotated[Optional[str], typer.Option(help="The arm's name.")] = None,  # noqa: UP045
    patient: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0, help="The patient, counted from 0 within the arm; or the id in the tables."
        ),
    ] = None,
    days: Days = None,
    seed: Seed = None,
    start: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Of a model: the time at which it begins, 0 if not given."),
    ] = None,
    end: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Of a model: the last time, in the model's own unit of time."),
    ] = None,
    points: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=2, max=10_000_000, help="Of a model: rows of the table, 101."),
    ] = None,
    variables: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Of a model: names with commas; a species S is its amount, [S] its "
            "concentration. All states if not given."
        ),
    ] = None,
    rtol: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=1e-13, max=0.1, help="Of a model: relative tolerance, 1e-6."),
    ] = None,
    atol: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=0.0, help="Of a model: absolute tolerance, 1e-12 or less."),
    ] = None,
    given: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set", help="Of a model: NAME=NUMBER in place of its own number. Repeatable."
        ),
    ] = None,
    values: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Of a model: a CSV file, a column for each name, a row for each run."),
    ] = None,
    dose: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Of a model: TIME:NAME=AMOUNT, added to what is there at that time. Repeatable."
        ),
    ] = None,
    stochastic: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option("--stochastic", help="Of a model: reactions go one by one, by chance."),
    ] = None,
    runs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=1_000_000, help="Of a model: so many runs, 1."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the table to this file instead of standard output."),
    ] = None,
    library: Libraries = None,
) -> None:
    """Solve one patient of a trial again, or a model of yours; prints a table as CSV.

    Of a patient, bit for bit as in the trial: a row per day, study_day counts from the beginning of
    the study, day from the infusion of the graft; numbers have six digits. Of a model: a row per
    time, for each run; `reseed show FILE` tells what it has.
    """
    from reseed.cli.simulate import is_model, simulate_model, simulate_patient, told_apart

    own = {"--start": start, "--end": end, "--points": points, "--variables": variables,
           "--rtol": rtol, "--atol": atol, "--set": given, "--values": values,
           "--dose": dose, "--stochastic": stochastic, "--runs": runs}  # fmt: skip
    told_apart(what, own, {"--arm": arm, "--patient": patient, "--days": days})
    with guarded():
        if is_model(what):
            assert end is not None  # told_apart has seen to it, and to arm and patient
            simulate_model(
                what, end, start=start or 0.0, points=points or 101, variables=variables,
                rtol=rtol or 1e-6, atol=atol, seed=seed,
                given=given or (), values=values, doses=dose or (), runs=runs,
                stochastic=bool(stochastic), out=out,
            )  # fmt: skip
            return
        assert arm is not None and patient is not None
        folders = _folders(context, library)
        simulate_patient(what, arm, patient, days=days, seed=seed, out=out, folders=folders)


@app.command()
def export(
    context: typer.Context,
    scenario: Scenario,
    arm: Annotated[str, typer.Option(help="The arm's name.")],
    patient: Annotated[
        int,
        typer.Option(
            min=0, help="The patient, counted from 0 within the arm; or the id in the tables."
        ),
    ] = 0,
    seed: Seed = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the document to this file instead of standard output."),
    ] = None,
    library: Libraries = None,
) -> None:
    """Write an arm's mathematics as SBML, with one patient's numbers and planned doses.

    For other simulators. Time is in days of the study; what procedures decide as they go (grafts,
    doses until a count has recovered, switches) is left out, and named.
    """
    with guarded():
        from reseed.cli.export import export_model

        export_model(scenario, arm, patient, seed=seed, out=out, folders=_folders(context, library))


def run() -> None:
    """The entry point of the command `reseed`."""
    app()


def _folders(context: typer.Context, library: list[Path] | None) -> list[Path]:
    """Library folders given before and after the command, in that order."""
    return [*(context.obj or []), *(library or [])]
