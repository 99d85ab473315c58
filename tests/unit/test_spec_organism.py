"""Organisms: rows that replace a module's own, and faults that are told with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from reseed.base.errors import InvalidInput
from reseed.cli.show import show_item
from reseed.spec import find_library, lint, read_scenario
from reseed.spec.parameters import COLUMNS

HEAD = "\t".join(COLUMNS) + "\n"
SCENARIO = "mouse-limiting-dilution"


def organism(folder: Path, name: str, rows: list[dict[str, str]]) -> Path:
    """A library with one organism, its rows given by column."""
    path = folder / "organisms" / name
    path.mkdir(parents=True)
    (path / "README.md").write_text("# Rat\n", encoding="utf-8")
    usual = {"unit": "cell", "status": "assumed", "source": "a test"}
    lines = ["\t".join({**usual, **row}.get(c, "") for c in COLUMNS) for row in rows]
    (path / "parameters.tsv").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return folder


def with_organism(folder: Path, name: str) -> Path:
    """The mouse's scenario with another organism."""
    text = find_library().path("scenarios", SCENARIO).read_text(encoding="utf-8")
    (folder / "scenarios").mkdir(exist_ok=True)
    path = folder / "scenarios" / "rats.toml"
    path.write_text(text.replace('organism = "mouse"', f'organism = "{name}"'), encoding="utf-8")
    return path


def test_a_row_takes_the_place_of_the_module_s_own(tmp_path: Path) -> None:
    """Value, spread, bounds and source; other parameters and other scenarios stay as they are."""
    row = {"id": "niche__resting_cells", "value": "22000", "distribution": "lognormal", "cv": "0.1"}
    library = find_library([organism(tmp_path, "rat", [row])])
    scenario = read_scenario(str(with_organism(tmp_path, "rat")), library)
    niche = next(module for module in scenario.modules if module.name == "niche")
    rows = {one.id: one for one in niche.parameters}
    assert rows["resting_cells"].value == 22_000 and rows["resting_cells"].source == "a test"
    assert rows["resting_cells"].variability is not None
    assert rows["resting_cells"].low is None
    assert rows["short_term_life"].value == 60
    assert scenario.organism == "rat"
    assert {(one.kind, one.name) for one in scenario.own} >= {("organisms", "rat")}
    people = read_scenario("autologous-recovery", library)
    assert people.organism == "" and all("test" not in m.title for m in people.modules)


def test_what_fits_no_parameter_is_a_fault_with_its_place(tmp_path: Path) -> None:
    """A name that no module has, a unit of another kind, no readme, an unknown organism."""
    rows = [
        {"id": "niche__resting_cell", "value": "1"},
        {"id": "niche__division", "value": "1", "unit": "cell"},
    ]
    folder = organism(tmp_path, "rat", rows)
    found = {(fault.place, fault.found) for fault in lint(folder, find_library())}
    assert ("id", '"niche__resting_cell"') in found
    assert ("niche__division", "cell") in found
    (folder / "organisms" / "rat" / "README.md").unlink()
    assert any("README" in fault.file for fault in lint(folder, find_library()))
    with pytest.raises(InvalidInput, match="cat"):
        read_scenario(str(with_organism(tmp_path, "cat")), find_library([folder]))


def test_show_prints_an_organism_and_a_model_as_its_scenario_has_it() -> None:
    """`reseed show mouse` and `reseed show niche --scenario ...`."""
    assert "niche__resting_cells" in show_item("organisms/mouse", None, [])
    assert "11400" in show_item("niche", SCENARIO, [])
    assert "100000" in show_item("niche", None, [])
