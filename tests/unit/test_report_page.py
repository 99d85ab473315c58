"""The report page: alone, small, the same bytes, safe against hostile text, true to its numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from reseed import store
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.estimate import Estimate
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.report import figure, write_report
from reseed.report.numbers import percent_interval, spread, spreads
from reseed.report.page import STATEMENT
from reseed.report.sections import SECTIONS

_LONG = ("benefit", "clones", "history", "years", "recovery", "results", "published")
SHORT = [s.id for s in SECTIONS if s.id not in _LONG]
"""Sections of a short trial of different people without lives before, clones or studies."""
ORIGIN = 49.0
DAYS = np.arange(0.0, 150.0)
TIMED = {
    "neutrophil-engraftment": ("Neutrophil engraftment", "sustained"),
    "platelet-engraftment": ("Platelet engraftment", "sustained"),
    "graft-failure": ("Primary graft failure by day 28", "not_by"),
    "first-infection": ("First infection", "first"),
    "death": ("Death", "first"),
}
MEASURED = {
    "days-of-neutropenia": ("Days of neutropenia", "day"),
    "platelet-transfusions": ("Platelet transfusions", ""),
}


def make_trial(
    folder: Path,
    *,
    titles: tuple[str, ...] = ("Cyclophosphamide + ATG", "BEAM + ATG"),
    patients: int = 40,
    endpoints: tuple[str, ...] = (*TIMED, *MEASURED),
    hostile: str = "",
) -> list[Estimate]:
    """Write a trial folder with invented numbers through the store; returns its estimates."""
    names = [f"arm-{index}" for index in range(len(titles))]
    estimates: list[Estimate] = []
    for index, name in enumerate(names):
        source = _Arm(index, patients)
        for block, start in enumerate(range(0, patients, store.BLOCK_PATIENTS)):
            source.write(folder, name, block, slice(start, start + store.BLOCK_PATIENTS), endpoints)
        estimates += [source.estimate(name, endpoint) for endpoint in endpoints]
    store.write_estimates(folder, estimates)
    store.write_run(folder, _run(names, titles, patients, endpoints, hostile))
    return estimates


class _Arm:
    """Invented patients of one arm: repeatable, shaped like those of a transplant trial."""

    def __init__(self, index: int, patients: int) -> None:
        draw = np.random.Generator(np.random.Philox(index + 1))
        self.ids = index * 10_000_000 + np.arange(patients)
        self.index, self.size = index, patients
        self.age = np.clip(draw.normal(39, 9, patients), 18, 65)
        self.weight = draw.normal(74, 13, patients)
        self.sex = (draw.random(patients) < 0.68).astype(float)
        self.kin = np.exp(draw.normal(0, 0.3, patients))
        self.collected = np.exp(draw.normal(np.log(6.2e6), 0.45, patients))
        self.engrafted = np.round(np.clip(draw.normal(10.3 + index, 1.3, patients), 7, 30))
        self.platelets = np.round(np.clip(draw.normal(12.5 + index, 2.5, patients), 8, 60))
        self.infected = np.ceil(draw.exponential(14, patients))
        day = np.ceil(100 * draw.random(patients))
        self.dead = np.where(draw.random(patients) < 0.04, day, 999)
        self.nadir = np.exp(draw.normal(0, 0.35, patients))
        self.failed = np.zeros(patients, dtype=int)
        self.harvest_failed = np.zeros(patients, dtype=bool)
        if patients > 12:
            self.failed[7], self.harvest_failed[[3, 11]] = 1, True

    def write(self, folder, name, block, part, endpoints) -> None:
        if block == 0:
            store.create_trajectories(
                folder, name, self.size, ["neutrophils", "platelets", "blood_cd34"],
                ["cell/L"] * 3, DAYS, ids_start=self.index * 10_000_000,
            )  # fmt: skip
        ids = self.ids[part]
        store.write_patients(folder, name, block, self._cohort(part))
        store.write_records(folder, name, block, self._records(part))
        store.write_outcomes(folder, name, block, self._outcomes(part, endpoints))
        values = self._values(part)
        store.write_trajectories(folder, name, block, values)
        ends = np.where(self.harvest_failed[part], "harvest failure", "")
        ends = np.where(self.dead[part] <= 100, "death", ends)
        store.write_solutions(
            folder, name, block,
            Trajectories(
                ids=ids, variables=("neutrophils",), units=("cell/L",), times=DAYS, values=values,
                end_time=np.where(ends == "death", ORIGIN + self.dead[part], 149.0),
                end_reason=tuple(ends), status=self.failed[part],
                status_time=np.where(self.failed[part], 63.25, np.nan),
                status_state=tuple(
                    np.where(self.failed[part], "granulopoiesis__transit_2", "")
                ),
                rung=np.where(np.arange(len(ids)) == 5, 1, 0), steps=np.full(len(ids), 900),
            ),
        )  # fmt: skip

    def _cohort(self, part: slice) -> Cohort:
        columns = (Covariate("age", "year"), Covariate("weight", "kg"),
                   Covariate("sex", "", ("female", "male")))  # fmt: skip
        values = {"age": self.age[part], "weight": self.weight[part], "sex": self.sex[part]}
        return Cohort(self.ids[part], columns, values, {"granulopoiesis__kin": self.kin[part]})

    def _values(self, part: slice) -> np.ndarray:
        day = (DAYS - ORIGIN)[None, :]
        back = self.engrafted[part][:, None] - 10
        low = np.exp(-((day - 6.5 - back) ** 2) / (14 + 3 * self.index))
        mobilised = np.exp(-((day + 32) ** 2) / 9)
        n = 4e9 * self.nadir[part][:, None] * np.exp(-6.5 * low - 2 * mobilised)
        p = 2.4e11 * np.exp(-3.2 * np.exp(-((day - 9 - back) ** 2) / 60)) * self.kin[part][:, None]
        c = 2e6 + self.collected[part][:, None] * 9 * np.exp(-((day + 29) ** 2) / 3)
        values = np.stack([n, p, c], axis=1)
        gone = DAYS[None, :] > ORIGIN + self.dead[part][:, None]
        return np.where(gone[:, None, :], np.nan, values)

    def _records(self, part: slice) -> Records:
        rows = []
        for patient in np.arange(self.size)[part]:
            i, cells = self.ids[patient], self.collected[patient]
            runs = 1 if cells > 5e6 else 2
            rows += [(i, 16.0 + k, "harvest", "blood_cd34", 6e7, "cell/L") for k in range(runs)]
            rows += [(i, 16.0 + k, "harvest", "apheresis", cells / runs, "cell/kg")
                     for k in range(runs)]  # fmt: skip
            rows.append((i, 15.0 + runs, "harvest", "cd34_collected", cells, "cell/kg"))
            if self.harvest_failed[patient]:
                rows.append((i, 17.0, "end", "harvest failure", 1.0, ""))
                continue
            rows.append((i, 48.8, "thaw", "cd34_viable", cells * 0.85, "cell/kg"))
            rows.append((i, 49.0, "infuse", "cd34_infused", cells * 0.85, "cell/kg"))
            for k in range(self._transfusions(patient)):
                rows.append((i, 55.5 + 2 * k, "event", "platelet_transfusion", 1.0, ""))
            if self.infected[patient] <= 30:
                day = ORIGIN + self.infected[patient]
                rows.append((i, day, "hazard", "infection", 1.0, ""))
        columns = list(zip(*rows, strict=True)) if rows else [()] * 6
        return Records(np.array(columns[0], int), np.array(columns[1], float), columns[2],
                       columns[3], np.array(columns[4], float), columns[5])  # fmt: skip

    def _transfusions(self, patient: int) -> int:
        return int(max(0, round((self.platelets[patient] - 8) / 2)))

    def timed(self, endpoint: str) -> tuple[np.ndarray, np.ndarray]:
        """Time and status of a time-to-event endpoint, followed to day 100."""
        event = {
            "neutrophil-engraftment": self.engrafted,
            "platelet-engraftment": self.platelets,
            "graft-failure": np.where(self.engrafted > 13, 28.0, 999.0),
            "first-infection": self.infected,
            "death": self.dead,
        }[endpoint]
        other = np.full(self.size, 999.0) if endpoint == "death" else self.dead
        time = np.minimum(np.minimum(event, other), 100.0)
        status = np.where(event <= np.minimum(other, 100), 1, np.where(other <= 100, 2, 0))
        return time, status

    def measured(self, endpoint: str) -> np.ndarray:
        if endpoint == "days-of-neutropenia":
            return self.engrafted - 3.5
        return np.array([float(self._transfusions(patient)) for patient in range(self.size)])

    def _outcomes(self, part: slice, endpoints: tuple[str, ...]) -> Outcomes:
        patient, name, time, status, value, unit = [], [], [], [], [], []
        for endpoint in endpoints:
            ids = self.ids[part]
            patient += list(ids)
            name += [endpoint] * len(ids)
            if endpoint in TIMED:
                days, codes = self.timed(endpoint)
                time += list(days[part])
                status += list(codes[part])
                value += [np.nan] * len(ids)
            else:
                time += [np.nan] * len(ids)
                status += [1] * len(ids)
                value += list(self.measured(endpoint)[part])
            unit += [MEASURED.get(endpoint, ("", ""))[1]] * len(ids)
        return Outcomes(np.array(patient, int), tuple(name), np.array(time, float),
                        np.array(status, int), np.array(value, float), tuple(unit),
                        np.array(time, float))  # fmt: skip

    def estimate(self, arm: str, endpoint: str) -> Estimate:
        if endpoint in MEASURED:
            values = self.measured(endpoint)
            quantiles = np.quantile(values, (0.25, 0.5, 0.75)) if len(values) else [np.nan] * 3
            q25, median, q75 = quantiles
            empty = np.empty(0)
            return Estimate(arm, endpoint, "distribution", empty, empty, empty, empty,
                            np.empty(0, int), float(median), float(q25), float(q75),
                            MEASURED[endpoint][1], self.size, 0)  # fmt: skip
        time, status = self.timed(endpoint)
        grid = np.arange(0.0, 101.0)
        size = max(self.size, 1)
        share = np.array([np.sum((status == 1) & (time <= day)) for day in grid]) / size
        half = 1.96 * np.sqrt(share * (1 - share) / size)
        risk = np.array([np.sum(time >= day) for day in grid])
        median, q25, q75 = (
            float(grid[np.argmax(share >= q)]) if share[-1] >= q else float("nan")
            for q in (0.5, 0.25, 0.75)
        )
        return Estimate(arm, endpoint, "cumulative_incidence", grid, share,
                        np.clip(share - half, 0, 1), np.clip(share + half, 0, 1), risk,
                        median, q25, q75, "day", self.size, 0)  # fmt: skip


def _run(names, titles, patients, endpoints, hostile) -> dict:
    words = [
        "Mobilisation and harvest. Cyclophosphamide 2000 mg/m² over 2 h on day −42. Filgrastim "
        "10 µg/kg daily from day −37 to day −29. Blood stem cells are collected by apheresis "
        "daily from day −32 until enough are in hand, at the latest on day −29.",
        "Conditioning. Cyclophosphamide 50 mg/kg over 1 h daily from day −5 to day −2. Rabbit ATG "
        "2.5 mg/kg over 8 h on days −3, −2 and −1.",
        f"Infusion. The graft is infused on day 0.{hostile}",
    ]
    source = "Mauri 1990, doi:10.1016/S0140-6736(00)02404-4; PMID 2404404."
    given = [
        {"what": "cyclophosphamide", "dose": "2000 mg/m²", "days": [-42]},
        {"what": "filgrastim", "dose": "10 µg/kg", "days": list(range(-37, -28))},
        {"what": "cyclophosphamide", "dose": "50 mg/kg", "days": [-5, -4, -3, -2]},
        {"what": "rabbit_atg", "dose": "2.5 mg/kg", "days": [-3, -2, -1]},
    ]
    return {
        "reseed": "0.1.0", "results": 1, "scenario": "conditioning-ms",
        "title": f"Conditioning before autologous transplantation{hostile}",
        "question": f"Which conditioning lets the blood recover sooner?{hostile}",
        "seed": 1, "design": "parallel", "patients": patients, "infusion_day": ORIGIN,
        "follow_up_days": 100.0, "rtol": 1e-6,
        "limits": [f"The blood counts of this version know no red cells.{hostile}"],
        "arms": [
            {"name": name, "title": title + hostile, "course": "cyclophosphamide-atg",
             "words": words, "given": given,
             "modules": ["granulopoiesis", "platelets", "mobilisation", "infection"],
             "system": "9f2c" * 16, "ids_start": index * 10_000_000}
            for index, (name, title) in enumerate(zip(names, titles, strict=True))
        ],
        "cohort": {
            "name": "autoimmune-adults", "title": "Adults with an autoimmune disease",
            "rows": [
                {"covariate": "age", "unit": "year", "law": "normal, mean 39, SD 9, 18 to 65",
                 "status": "measured", "source": source},
                {"covariate": "weight", "unit": "kg", "law": "normal by sex", "status": "assumed",
                 "source": f"assumed: like the population{hostile}"},
                {"covariate": "sex", "unit": "", "law": "female 0.32, male 0.68",
                 "status": "measured", "source": source},
            ],
            "correlations": [{"between": ["weight", "age"], "rank": 0.2}],
            "correlation_source": "assumed: moderate",
        },
        "endpoints": [
            {"name": name, "title": (TIMED.get(name) or MEASURED[name])[0] + hostile,
             "definition": "The first day as its field defines it.",
             "kind": TIMED[name][1] if name in TIMED else "count", "origin": "infusion",
             "from_day": 0, "to_day": 100,
             "competing": ["death"] if name in TIMED and name != "death" else [],
             "source": source}
            for name in endpoints
        ],
        "show": ["neutrophils", "platelets", "blood_cd34"],
        "parameters": [
            {"module": module, "id": f"{kind}_{k}", "value": 0.0231 * 10.0**k,
             "unit": "1/day" if kind == "rate" else "cell/L",
             "variability": "lognormal, CV 30%" if k % 2 else "", "uncertainty": "",
             "status": ("measured", "fitted", "derived", "assumed")[k % 4],
             "source": source if k % 4 != 3 else f"assumed: by analogy{hostile}",
             "note": "from healthy adults" if k == 2 else "",
             "layer": ("module", "scenario", f"arm {names[0]}" if names else "module")[k % 3]}
            for module in ("granulopoiesis", "platelets", "harvest")
            for kind in ("rate", "pool") for k in range(8)
        ],
    }  # fmt: skip


class _Page(HTMLParser):
    """What a browser would load, where links lead, and the text it would show."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.uses: list[str] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            value = value or ""
            if name == "id":
                self.ids.append(value)
            elif name == "href" and tag == "a":
                self.links.append(value)
            elif name in ("src", "href", "xlink:href", "srcset", "data", "action"):
                (self.uses if value.startswith("#") else self.loads).append(value)
            elif name.startswith("on"):
                self.scripts.append(name)
            self.uses += re.findall(r"url\((#[^)]*)\)", value)

    def handle_data(self, data) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A folder of two arms, its estimates, and its page."""
    folder = tmp_path_factory.mktemp("trial")
    estimates = make_trial(folder)
    html = write_report(folder).read_text(encoding="utf-8")
    return folder, estimates, html, _Page(html)


def test_page_loads_nothing(trial):
    """Without network and without script the page is whole."""
    _, _, html, page = trial
    assert page.loads == [] and page.scripts == []
    assert not {"script", "link", "iframe", "img", "object", "embed"} & set(page.tags)
    assert "@import" not in html and not re.search(r"url\((?!#)", html)
    assert page.links and all(re.match(r"#[a-z]+$|https://", link) for link in page.links)


def test_page_is_small(trial):
    """A page can be sent by mail."""
    assert len(trial[2].encode()) < 3_000_000


def test_same_folder_same_bytes(trial):
    """A page says nothing of when, where or how often it was made."""
    folder, _, html, _ = trial
    assert write_report(folder).read_text(encoding="utf-8") == html
    assert str(folder) not in html


def test_ids_of_figures_do_not_collide(trial):
    """Clip paths and markers of one figure are never taken for those of another."""
    page = trial[3]
    assert len(page.ids) == len(set(page.ids))
    assert {use.removeprefix("#") for use in page.uses} <= set(page.ids)
    assert any(use.startswith("#f1-") for use in page.uses)


def test_every_section_is_there(trial):
    """The contents, in their order, and the statement that it is a model."""
    _, _, html, page = trial
    anchors = {section.id for section in SECTIONS}
    assert [name for name in page.ids if name in anchors] == SHORT
    assert STATEMENT in page.text
    assert html.index(STATEMENT) < html.index('id="summary"')


@pytest.mark.parametrize("endpoint", [*TIMED, *MEASURED])
def test_numbers_are_the_estimates(trial, endpoint):
    """What stands on the page is what was estimated, for each endpoint and arm."""
    _, estimates, html, _ = trial
    summary = _Page(html[html.index('id="summary"') : html.index('id="course"')]).text
    own = [e for e in estimates if e.endpoint == endpoint]
    if endpoint in MEASURED:  # with as many decimals in both arms
        assert " ".join(spreads([(e.median, e.q25, e.q75) for e in own])) in summary
    for estimate in own:
        if endpoint in TIMED and TIMED[endpoint][1] == "sustained":
            assert spread(estimate.median, estimate.q25, estimate.q75) in summary
        if endpoint in TIMED:
            ends = (float(row[-1]) for row in (estimate.estimate, estimate.low, estimate.high))
            assert percent_interval(*ends) in summary


def test_arms_are_compared(trial):
    """Each endpoint once, with the difference of what stands beside it."""
    _, _, html, _ = trial
    part = _Page(html[html.index('id="differences"') : html.index('id="course"')]).text
    assert "Differences between arms: BEAM + ATG minus Cyclophosphamide + ATG" in part
    for title in (title for title, _ in (*TIMED.values(), *MEASURED.values())):
        assert part.count(title) == 1
    assert "the intervals are not adjusted" in part
    pattern = r"Neutrophil engraftment, median day (\d+) (\d+) (−?\d+)(\.0)? \("
    first, other, gap, _ = re.search(pattern, part).groups()
    assert int(other) - int(first) == int(gap.replace("−", "-"))


def test_few_patients_are_not_compared(tmp_path):
    """Nineteen per arm: values, and no differences."""
    make_trial(tmp_path, patients=19)
    page = _Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "with BEAM + ATG: too few patients to compare." in page.text
    assert "no difference could be told" not in page.text


def test_twins_are_not_compared_as_strangers(tmp_path):
    """The same people in every arm: compared patient by patient, and not as groups."""
    make_trial(tmp_path, patients=30)
    store.write_run(tmp_path, {**store.read_run(tmp_path), "design": "twins"})
    html = write_report(tmp_path).read_text(encoding="utf-8")
    part = _Page(html[html.index('id="summary"') : html.index('id="course"')]).text
    assert part.count("compared patient by patient") == 1
    assert "no difference could be told" not in part and "Welch" not in part


def test_failures_are_counted(trial):
    """One patient per arm was not solved, two had no harvest: both are said, by name."""
    page = trial[3]
    assert "Not solved 1 (2.5%) 1 (2.5%) step budget" in page.text
    assert "No infusion 2 (5.0%) 2 (5.0%) harvest failure" in page.text
    assert "granulopoiesis__transit_2" in page.text.replace("_ ", "_")  # may break there


def test_parameters_lead_to_their_sources(trial):
    """A DOI with brackets and a PMID are links; the assumed ones are counted and marked."""
    page = trial[3]
    assert "https://doi.org/10.1016/S0140-6736(00)02404-4" in page.links
    assert "https://pubmed.ncbi.nlm.nih.gov/2404404/" in page.links
    assert "48 parameters in this trial; 12 of them assumed" in page.text
    assert page.text.count("◆ assumed") == 12 + 2  # the table, its front, the cohort's laws


def test_hostile_text_stays_text(tmp_path):
    """Titles from files can neither add tags nor leave the style sheet nor be read as formulae."""
    hostile = " <script>alert(1)</script>\"'}</style><img src=x> $x_1$ \\ & ]]>"
    make_trial(tmp_path, hostile=hostile)
    html = write_report(tmp_path).read_text(encoding="utf-8")
    page = _Page(html)
    assert "script" not in page.tags and "img" not in page.tags
    assert page.loads == [] and page.scripts == []
    assert html.count("</style>") == 1
    assert "$x_1$" in page.text and "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize(
    ("titles", "patients", "endpoints"),
    [
        (("Only one",), 30, (*TIMED, *MEASURED)),
        (("A", "B"), 14, ("death",)),
        (tuple(f"Arm number {k} of seven with a long title" for k in range(7)), 15, ("death",)),
        (("One patient",), 1, (*TIMED, *MEASURED)),
        (("Nobody", "Nobody else"), 0, ()),
    ],
)
def test_any_scenario_has_a_page(tmp_path, titles, patients, endpoints):
    """One arm or seven, endpoints or none, one patient or nobody: a page, no empty section."""
    make_trial(tmp_path, titles=titles, patients=patients, endpoints=endpoints)
    page = _Page(write_report(tmp_path).read_text(encoding="utf-8"))
    kinds = {TIMED.get(name, ("", "measured"))[1] for name in endpoints}
    empty = {
        "differences": len(titles) == 1 or not endpoints,
        "dose": not patients,
        "engraftment": "sustained" not in kinds,
        "burden": "measured" not in kinds,
        "events": not kinds - {"sustained", "measured"},
    }
    assert {name for name in SHORT if name not in page.ids} == {k for k, v in empty.items() if v}
    assert all(title in page.text for title in titles)


def test_without_trajectories_the_page_says_so(tmp_path):
    """A run that kept no variable still has its report."""
    import shutil

    make_trial(tmp_path, patients=12)
    shutil.rmtree(tmp_path / "trajectories.zarr")
    page = _Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "No variable over time was kept" in page.text


@pytest.mark.parametrize("what", ["neutrophils", "neutrophil-engraftment", "days-of-neutropenia"])
def test_one_figure_by_its_name(trial, what):
    """A variable, a time to event and a measure, each from the folder alone."""
    assert figure(trial[0], what).axes


def test_an_unknown_figure_names_those_that_exist(trial):
    """The error is the help."""
    with pytest.raises(KeyError, match="neutrophils"):
        figure(trial[0], "neutrophil")


def test_the_command_names_a_changed_follow_up(tmp_path):
    """What was changed on the command line stands in the command that reproduces it."""
    make_trial(tmp_path, patients=12, endpoints=())
    store.write_scenario_text(tmp_path, "follow_up_days = 60\n")
    page = _Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "reseed trial conditioning-ms --patients 12 --seed 1 --days 100" in page.text
    store.write_scenario_text(tmp_path, "follow_up_days = 100\n")
    assert "--days" not in _Page(write_report(tmp_path).read_text(encoding="utf-8")).text


def test_what_never_happened_has_a_sentence_and_no_figure(tmp_path):
    """A flat line at nothing is no figure."""
    estimates = make_trial(tmp_path, patients=12, endpoints=("death",))
    assert not any(estimate.estimate.any() for estimate in estimates)
    page = _Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "Death: no event in any arm" in page.text and "Death. Cumulative" not in page.text


def test_twins_stand_in_one_column(tmp_path):
    """The same people in every arm are described once."""
    make_trial(tmp_path, patients=24)
    store.write_run(tmp_path, {**store.read_run(tmp_path), "design": "twins"})
    html = write_report(tmp_path).read_text(encoding="utf-8")
    part = _Page(html[html.index('id="cohort"') : html.index('id="trajectories"')]).text
    table = part[: part.index("Stem-cell collection")]
    assert "Every arm" in table and "BEAM + ATG" not in table


def test_a_range_of_health_is_drawn_and_told(tmp_path):
    """Normal range, levels and their source stand under the figure."""
    make_trial(tmp_path, patients=24)
    face = {
        "title": "", "unit": "", "scale": "", "levels": [10], "normal": [150, 400], "time": "",
        "better": "", "same": 0, "source": "from memory",
    }  # fmt: skip
    run = store.read_run(tmp_path)
    store.write_run(tmp_path, {**run, "display": {"platelets": face}})
    html = write_report(tmp_path).read_text(encoding="utf-8")
    told = "Grey: normal range, 150 to 400 × 10⁹ cells/L. Dotted across: 10 × 10⁹ cells/L"
    assert f"{told} (from memory)." in _Page(html).text


def test_medians_that_tell_nothing_have_a_mean_beside_them():
    """What few patients have is nothing in every median."""
    from reseed.report.sections.summary import _tells_nothing

    assert _tells_nothing([(0.0, 0.0, 0.0), (0.0, 0.0, 0.0)])
    assert not _tells_nothing([(0.0, 0.0, 0.0), (0.0, 0.0, 1.0)])
    assert not _tells_nothing([(0.0, 0.0, 0.0)])


def test_a_page_of_mice(tmp_path):
    """Only the statement, and sections that quote, speak of patients."""
    make_trial(tmp_path, patients=24)
    store.write_run(tmp_path, {**store.read_run(tmp_path), "organism": "mouse"})
    html = write_report(tmp_path).read_text(encoding="utf-8")
    own = html[html.index('id="summary"') : html.index('id="parameters"')]
    assert "24 virtual mice" in html and STATEMENT in html
    assert not re.search(r">[^<>]*\bpatients?\b", own)


def test_a_course_is_told_once(trial):
    """Arms with the same stages on the same days refer to the first of them."""
    part = trial[3].text
    assert part.count("The same stages and days as with Cyclophosphamide + ATG.") == 1
