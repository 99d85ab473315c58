"""The Python face: `reseed.load("autologous-recovery").run(patients=200)`."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reseed import store
from reseed.base.errors import Fault, InvalidInput
from reseed.nouns.course import Course
from reseed.nouns.scenario import Arm, Scenario
from reseed.spec import (
    Library,
    find_library,
    joined,
    misfits,
    own_items,
    read_course,
    read_scenario,
)
from reseed.trial import TrialResult, replay, run_trial
from reseed.trial.replay import Replay

if TYPE_CHECKING:
    import pandas as pd
    import xarray
    from matplotlib.figure import Figure


_DAY = {"units": "day", "long_name": "days after the infusion"}
_STUDY_DAY = {"units": "day", "long_name": "days after study entry"}


def load(name: str | Path, *, library: str | Path | Sequence[str | Path] = ()) -> Study:
    """A scenario by name or path; `library` adds a folder of your own, or several.

    Raises InvalidInput with every fault of the scenario and of all it names.
    """
    folders = [library] if isinstance(library, str | Path) else library
    found = find_library([Path(folder) for folder in folders])
    return Study(read_scenario(str(name), found), found)


@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """A scenario that is ready to run."""

    scenario: Scenario
    library: Library

    def with_arms(self, arms: Mapping[str, str | Sequence[str]]) -> Study:
        """The same question with other arms: a mapping from arm names to names of courses.

        Two names are a course and what follows it, as `then` in a scenario. InvalidInput for a
        name that no course has, and for courses that do not fit each other.
        """
        if not isinstance(arms, Mapping) or not arms:
            expected = 'a mapping from arm names to courses, such as {"low": "my-course"}'
            raise InvalidInput([Fault("call", "with_arms", repr(arms)[:60], expected)])
        courses = {name: self._course(name, given) for name, given in arms.items()}
        changed = tuple(Arm(name, course.title, course) for name, course in courses.items())
        names = {name for given in arms.values() for name in _names(given)}
        paths = [("courses", name, self.library.path("courses", name)) for name in sorted(names)]
        kept = (one for one in self.scenario.own if one.kind != "courses")
        own = (*kept, *own_items(self.library, paths))
        scenario = dataclasses.replace(self.scenario, arms=changed, own=own)
        return dataclasses.replace(self, scenario=scenario)

    def _course(self, arm: str, given: str | Sequence[str]) -> Course:
        """The course of an arm from its name, or from two."""
        names = _names(given)
        place = f"with_arms, {arm}"
        if len(names) not in (1, 2):
            expected = "the name of a course, or of one and what follows it"
            raise InvalidInput([Fault("call", place, repr(given)[:60], expected)])
        found = [read_course(self.library.path("courses", name), self.library) for name in names]
        if faults := misfits(*found):
            raise InvalidInput([Fault("call", place, what, told) for _, what, told in faults])
        return joined(*found)

    def __repr__(self) -> str:
        arms = ", ".join(arm.name for arm in self.scenario.arms)
        return f"<Study {self.scenario.name}: arms {arms}; {self.scenario.patients} patients each>"

    def run(
        self,
        *,
        patients: int | None = None,
        days: float | None = None,
        seed: int | None = None,
        out: str | Path | None = None,
        batch: int | None = None,
        workers: int | None = None,
        progress: Callable[[int, int, int], None] | None = None,
    ) -> Run:
        """Run the virtual trial; without `out` its folder is temporary and goes with the Run."""
        held = None if out is not None else tempfile.TemporaryDirectory(prefix="reseed-")
        folder = Path(held.name) if held else Path(str(out))
        result = run_trial(
            self.scenario,
            folder,
            patients=patients,
            days=days,
            seed=seed,
            batch=batch,
            workers=workers,
            progress=progress,
        )
        return Run(result, held)

    def replay(
        self, arm: str, patient: int, *, days: float | None = None, seed: int | None = None
    ) -> Replay:
        """One patient of one arm, solved alone, as in the trial bit for bit."""
        return replay(self.scenario, arm, patient, days=days, seed=seed)


class Run:
    """A finished trial: outcomes, trajectories, estimates, figures and the report."""

    def __init__(self, result: TrialResult, held: Any = None) -> None:
        self._result = result
        self._held = held  # keeps a temporary folder alive as long as this object

    def __repr__(self) -> str:
        run = self._result.run
        size = f"{len(self.arms)} arms of {run['patients']} patients, seed {run['seed']}"
        return f"<Run of {run['scenario']}: {size}, in {self.folder}>"

    @property
    def folder(self) -> Path:
        """The trial folder."""
        return self._result.folder

    @property
    def failed(self) -> int:
        """How many patients could not be solved."""
        return self._result.failed

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of the arms."""
        return tuple(arm["name"] for arm in self._result.run["arms"])

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """One row per arm, patient and endpoint: time, status (0/1/2), value, unit.

        `time` is in days after the endpoint's own origin, the infusion or study entry.
        """
        return self._stacked(store.read_outcomes)

    @cached_property
    def records(self) -> pd.DataFrame:
        """What procedures, events and hazards left behind, all that the model made.

        `time` is in days after study entry, `day` in days after the infusion. What came after a
        drop-out is here too; the report and the endpoints do not see it (`solutions`).
        """
        records = self._stacked(store.read_records)
        day = records["time"] - self._result.run["infusion_day"]
        records.insert(records.columns.get_loc("time") + 1, "day", day)
        return records

    @cached_property
    def solutions(self) -> pd.DataFrame:
        """How each patient's solution went and ended, and until when and why the trial saw it.

        All times are in days after study entry.
        """
        return self._stacked(store.read_solutions)

    @cached_property
    def patients(self) -> pd.DataFrame:
        """Covariates and drawn parameters of every patient."""
        return self._stacked(store.read_patients)

    @cached_property
    def trajectories(self) -> xarray.DataArray:
        """Values (arm, patient, variable, time) as stored: float32 with 12 bits of mantissa.

        `time` is in days after the infusion, and `study_day` beside it in days after study entry;
        patients are counted from 0 within each arm. `attrs["units"]` has the unit of each variable.
        """
        import xarray

        infusion = self._result.run["infusion_day"]
        arrays = []
        for arm in self.arms:
            array = store.read_trajectories(self.folder, arm)
            array = array.assign_coords(time=array["time"] - infusion)
            arrays.append(array.assign_coords(patient=range(array.sizes["patient"])))
        joined = xarray.concat(
            arrays, dim=xarray.DataArray(list(self.arms), dims="arm", name="arm")
        )
        study = xarray.Variable("time", joined["time"].to_numpy() + infusion, _STUDY_DAY)
        joined = joined.assign_coords(study_day=study)
        joined["time"].attrs.update(_DAY)
        return joined.rename("value")

    def estimate(self, endpoint: str) -> pd.DataFrame:
        """An endpoint's estimates, one row per arm and time, or per arm for a measured one.

        InvalidInput says why an endpoint of the scenario was left out of this run, where it was
        (follow-up that is too short for it); KeyError names the endpoints that exist.
        """
        import pandas as pd

        found = [e for e in self._result.estimates() if e.endpoint == endpoint]
        if not found:
            self._refuse_left_out(endpoint)
            raise KeyError(f"no endpoint {endpoint!r}; there are: {', '.join(self._endpoints())}")
        if not any(len(e.times) for e in found):
            names = ("arm", "median", "q25", "q75", "unit", "n", "missing")
            return pd.DataFrame([{name: getattr(e, name) for name in names} for e in found])
        parts = [
            pd.DataFrame(
                {
                    "arm": e.arm,
                    "time_days": e.times,
                    "estimate": e.estimate,
                    "low": e.low,
                    "high": e.high,
                    "at_risk": e.at_risk,
                }
            )
            for e in found
        ]
        return pd.concat(parts, ignore_index=True)

    def plot(self, what: str) -> Figure:
        """A figure of a variable (bands per arm) or of an endpoint (curves or distributions).

        Refuses as `estimate`.
        """
        from reseed.report import figure

        self._refuse_left_out(what)
        return figure(self.folder, what)

    @property
    def report(self) -> Path:
        """The report: one self-contained HTML page."""
        return self.folder / "report.html"

    def _endpoints(self) -> list[str]:
        return [endpoint["name"] for endpoint in self._result.run["endpoints"]]

    def _refuse_left_out(self, endpoint: str) -> None:
        """InvalidInput with the reason, if the run left this endpoint out."""
        for one in self._result.run["left_out"]:
            if one["endpoint"] == endpoint:
                expected = "a run that can judge it: a longer follow-up, or arms that record it"
                fault = Fault("run", f"endpoint {endpoint}", f"left out: {one['why']}", expected)
                raise InvalidInput([fault])

    def _stacked(self, read: Callable[[Path, str], pd.DataFrame]) -> pd.DataFrame:
        import pandas as pd

        parts = {arm: read(self.folder, arm) for arm in self.arms}
        return pd.concat(parts, names=["arm"]).reset_index(level="arm").reset_index(drop=True)

    def _repr_html_(self) -> str:
        """The report in a frame, for notebooks."""
        import html

        page = html.escape(self.report.read_text(encoding="utf-8"), quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:80vh;border:0"></iframe>'


def _names(given: str | Sequence[str]) -> list[str]:
    """The courses of an arm: one, or one and what follows it."""
    return [given] if isinstance(given, str) else list(given)
