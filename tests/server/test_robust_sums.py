"""Sums of training of which some sites' are nonsense."""

import numpy as np
import pytest

from server.robust_sums import robust_sums
from shared.study.study import Study

PATIENTS = {"a": 20, "b": 30, "c": 40, "d": 20, "e": 10}


def sums(seed: int = 1) -> dict[str, dict[str, np.ndarray]]:
    """Loss and gradient of five sites that are alike."""
    random = np.random.default_rng(seed)
    return {
        site: {
            "loss": np.array(patients * (0.6 + 0.01 * random.normal())),
            "gradient": patients * (np.array([[0.1, -0.2, 0.3]]) + 0.01 * random.normal(size=(2, 3))),
        }
        for site, patients in PATIENTS.items()
    }


def test_a_lying_site_is_left_out_and_the_others_stand_for_all() -> None:
    honest = sums()
    true = {name: sum(sums[name] for sums in honest.values()) for name in ("loss", "gradient")}
    lying = {**honest, "c": {"loss": honest["c"]["loss"], "gradient": -50 * honest["c"]["gradient"]}}
    naive = sum(sums["gradient"] for sums in lying.values())
    assert np.abs(naive - true["gradient"]).max() > 100
    computed, left_out = robust_sums(lying, PATIENTS, 1)
    np.testing.assert_allclose(computed["gradient"], true["gradient"], rtol=0.15)
    np.testing.assert_allclose(computed["loss"], true["loss"], rtol=0.1)
    assert "c" in left_out
    assert len(left_out) == 3  # of five sites two are kept


def test_too_few_sites_are_refused() -> None:
    with pytest.raises(ValueError, match="needs 7 sites where 2"):
        robust_sums(sums(), PATIENTS, 2)


def test_a_study_says_what_it_costs_in_privacy(study: Study) -> None:
    content = study.model_dump()
    content |= {"evaluation": {**content["evaluation"], "leave_one_site_out": False}}
    changed = {**content, "federation": {**content["federation"], "sites": tuple("abcde"), "quorum": 5, "dishonest": 1}}
    with pytest.raises(ValueError, match="which masks hide"):
        Study.model_validate(changed)
    readable = {**changed, "privacy": {**content["privacy"], "masked": False}}
    assert Study.model_validate(readable).federation.dishonest == 1
    fewer = {**readable, "federation": {**readable["federation"], "quorum": 4}}
    with pytest.raises(ValueError, match="needs a quorum of 5"):
        Study.model_validate(fewer)
    leaving_out = {**readable, "evaluation": {**content["evaluation"], "leave_one_site_out": True}}
    with pytest.raises(ValueError, match="compares whole sites"):
        Study.model_validate(leaving_out)
