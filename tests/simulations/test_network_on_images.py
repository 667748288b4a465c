"""A network's study from DICOM on: simulated hospitals, prepared volumes, crops of them, rounds under masks."""

import numpy as np
import pytest

from client.preparation import lesion
from client.preparation.paths import prepared_folder
from client.preparation.prepare import prepare
from client.site import site_file
from client.site.site_file import Site
from shared.results.result import Result
from shared.study.study import Study
from simulations import cohort
from simulations.simulate import simulate
from tests.validation import network_planted

PATIENTS = 4
CHANNELS = ("before", "early", "late", "percent_enhancement")


@pytest.fixture(scope="module")
def study() -> Study:
    content = network_planted.study("planted").model_dump(mode="json")
    content["network"]["training"]["rounds"] = 2
    content["imaging"]["images"] = ["before", "early", "late"]
    content["network"]["input"] |= {"dimensions": "2.5d", "size": [16, 16], "channels": CHANNELS}
    content["privacy"]["minimum_patients"] = 1
    return Study.model_validate(content)


@pytest.fixture(scope="module")
def sites(study: Study, tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    folder = tmp_path_factory.mktemp("cohort")
    cohort.write(network_planted.scenario("planted"), folder, seed=1, patients=PATIENTS)
    policy = {"minimum_patients": 1, "reason": "simulated"}
    hospitals = [site_file.load(folder / name / "site.yaml") for name in network_planted.SITES]
    return [hospital.model_copy(update={"policy": hospital.policy.model_copy(update=policy)}) for hospital in hospitals]


@pytest.fixture(scope="module")
def result(study: Study, sites: list[Site], tmp_path_factory: pytest.TempPathFactory) -> Result:
    for site in sites:
        prepare(site, study)
    return simulate(study, sites, tmp_path_factory.mktemp("out"))


@pytest.mark.slow
def test_sites_of_different_scanners_train_on_what_they_prepared(result: Result) -> None:
    assert [participant.patients for participant in result.participants] == [PATIENTS] * 4
    assert len({participant.settings for participant in result.participants}) == 1
    assert result.network is not None
    assert len(result.network.rounds) == 2
    assert {attention.patients for attention in result.network.attention} <= set(range(1, 4 * PATIENTS + 1))
    assert all(view.pooled.patients == 4 * PATIENTS for view in result.evaluations)


@pytest.mark.slow
def test_what_is_kept_is_the_lesion_in_phases_and_maps(result: Result, study: Study, sites: list[Site]) -> None:
    """Sagittal or axial, whatever the field strength: on the study's grid, and brighter after contrast."""
    for site in sites:
        records = sorted((prepared_folder(site, study) / "patients").glob("*.json"))
        assert len(records) == PATIENTS
        for record in records:
            crop = lesion.load(lesion.beside(record), record.stem)
            assert crop.names == CHANNELS
            assert crop.spacing_mm == (1.0, 1.0, 1.0)
            before, early, _, percent = (np.nanmean(channel[crop.inside]) for channel in crop.channels)
            assert early > before
            assert percent > 0
