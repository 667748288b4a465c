"""Sums of training of which some sites' are nonsense."""

import numpy as np
import pytest

from server.robust_sums import robust_sums
from shared.study import Study

PATIENTS = {"a": 20, "b": 30, "c": 40, "d": 20, "e": 10, "f": 25}


def sums(seed: int = 1) -> dict[str, dict[str, np.ndarray]]:
    """Two fits; the second leaves site e out."""
    random = np.random.default_rng(seed)
    of_site = {}
    for site, patients in PATIENTS.items():
        fits = np.array([1.0, float(site != "e")])
        loss = patients * (0.6 + 0.01 * random.normal()) * fits
        gradient = patients * (np.array([0.1, -0.2, 0.3]) + 0.01 * random.normal(size=3)) * fits[:, None]
        of_site[site] = {"loss": loss, "gradient": gradient}
    return of_site


def test_a_lying_site_is_left_out_and_the_others_stand_for_all() -> None:
    honest = sums()
    true = sum(one["gradient"] for one in honest.values())
    lying = {**honest, "c": {"loss": honest["c"]["loss"], "gradient": -50 * honest["c"]["gradient"]}}
    naive = sum(one["gradient"] for one in lying.values())
    assert np.abs(naive - true).max() > 100
    found, left_out = robust_sums(lying, PATIENTS, 1)
    np.testing.assert_allclose(found["gradient"][0], true[0], rtol=0.1)
    np.testing.assert_allclose(found["gradient"][1], true[1], rtol=0.1)
    assert left_out["c"] == 2
    assert sum(left_out.values()) == 3 + 3  # of six sites three are kept, of five two
    assert found["gradient"].shape == (2, 3)


def test_a_fit_without_patients_stays_empty_and_too_few_sites_are_refused() -> None:
    empty = {site: {"loss": np.zeros(1)} for site in PATIENTS}
    found, left_out = robust_sums(empty, PATIENTS, 1)
    assert found["loss"].tolist() == [0.0]
    assert not left_out
    with pytest.raises(ValueError, match="needs 7 sites where 2"):
        robust_sums(sums(), PATIENTS, 2)


def test_a_study_says_what_it_costs_in_privacy(study: Study) -> None:
    content = study.model_dump()
    sites = tuple("abcdef")
    changed = {**content, "federation": {**content["federation"], "sites": sites, "quorum": 6, "dishonest": 1}}
    with pytest.raises(ValueError, match="which masks hide"):
        Study.model_validate(changed)
    readable = {**changed, "privacy": {**content["privacy"], "masked": False}}
    assert Study.model_validate(readable).federation.dishonest == 1
    fewer = {**readable, "federation": {**readable["federation"], "quorum": 5}}
    with pytest.raises(ValueError, match="needs a quorum of 6"):
        Study.model_validate(fewer)
