"""Scenario and hospital files: what is ready, and what is refused with its line and a remedy."""

from pathlib import Path

import pytest

import simulations
from shared.errors import Code, MrfedError
from simulations import hospital, scenario

READY = Path(simulations.__file__).parent / "hospitals"


def test_ready_made_scenarios_differ_in_effects_alone():
    demo, null = scenario.load("demo"), scenario.load("null")
    assert demo.hospitals == null.hospitals
    assert len({hospital.scanner.vendor for hospital in demo.hospitals}) == 4
    assert len({hospital.prevalence.zero for hospital in demo.hospitals}) == 4
    assert demo.digest != null.digest


def test_file_names_hospitals_beside_it(tmp_path):
    own = (READY / "north.yaml").read_text(encoding="utf-8").replace("name: north", "name: here")
    (tmp_path / "here.yaml").write_text(own, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        "name: mine\ndescription: own\neffects:\n  low_vs_zero: {distance: 0}\n"
        "  positive_vs_negative: {distance: 0}\nhospitals: [here.yaml, south]\n",
        encoding="utf-8",
    )
    assert [hospital.name for hospital in scenario.load(str(tmp_path / "mine.yaml")).hospitals] == ["here", "south"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("distance: 1.0", "distance: 1.4"), ":7: effects.low_vs_zero.distance"),
        (("hospitals: [north, east, south, west]", "hospitals: [north, north]"), "two hospitals have one name"),
        (("hospitals: [north, east, south, west]", "hospitals: [nowhere]"), "no hospital is called 'nowhere'"),
        (("ktrans", "k_trans"), "effects.low_vs_zero.direction.k_trans"),
    ],
)
def test_wrong_scenario_is_named_with_its_place(tmp_path, change, message):
    text = (READY.parent / "scenarios" / "demo.yaml").read_text(encoding="utf-8").replace(*change)
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MrfedError) as raised:
        scenario.load(str(path))
    assert raised.value.code is Code.SCENARIO_INVALID
    assert message in raised.value.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("in_plane_mm: 1.1", "in_plane_mm: 1.6"), "scanner.dce.in_plane_mm"),
        (("b_values: [0, 50, 400, 800]", "b_values: [0, 400, 50, 800]"), "b_values must ascend"),
        (("b_values: [0, 50, 400, 800]", "b_values: [0, 400]"), "between 600 and 4000"),
        (("field_t: 3.0", "field_t: 7.0"), "field_t must be 1.5 or 3.0"),
        (("zero: 0.40", "zero: 0.50"), "add up to 1"),
        (("label_noise: 0.10", "label_noise: 0.60"), "label_noise"),
        (("vendor: siemens", "vendor: acme"), "scanner.vendor"),
    ],
)
def test_wrong_hospital_is_named_with_its_place(tmp_path, change, message):
    text = (READY / "north.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "north.yaml"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(MrfedError) as raised:
        hospital.load("north.yaml", beside=tmp_path / "scenario.yaml")
    assert message in raised.value.text


def test_unknown_scenario_lists_the_known():
    with pytest.raises(MrfedError, match="demo, null"):
        scenario.load("nothing-like-it")
