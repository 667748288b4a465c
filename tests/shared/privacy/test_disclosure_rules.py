"""Studies of all kinds against a site's policy."""

from functools import partial

import numpy as np
import pytest

from shared.errors import Code, MrfedError
from shared.privacy.disclosure_rules import (
    broken_rules,
    patients_isolated,
    require_enough_for_coefficients,
    require_enough_together,
    require_fewer_weightings,
    sites_isolated,
)
from shared.privacy.policy import Policy, sentence
from tests.least_study import least_study

SITES = ("north", "south", "west", "east")
DEFAULT = Policy()
ACCEPTED = (sentence("north"),)


study = partial(least_study, SITES, harmonization={"left_out_site": "raw"}, evaluation={"leave_one_site_out": False})


def leaving_sites_out(**changes):
    return study(evaluation={"leave_one_site_out": True}, privacy={"site_sums": "derivable"}, **changes)


def own(zero, low):
    """(folds, classes, calibration) of a site with as many in each of five folds."""
    return np.tile(np.array([[zero], [low]]), (5, 1, 1))


def test_a_study_of_hidden_sums_and_enough_patients_breaks_no_rule():
    assert broken_rules(DEFAULT, study(), "north", own(6, 4), ()) == ()
    assert broken_rules(DEFAULT, study(), "north", None, ()) == ()


def test_sums_of_single_sites_need_a_sentence_of_this_very_site():
    (said,) = broken_rules(DEFAULT, leaving_sites_out(), "north", own(6, 4), ())
    assert "the sums of north can be concluded" in said
    assert broken_rules(DEFAULT, leaving_sites_out(), "north", own(6, 4), (sentence("south"),)) == (said,)
    assert broken_rules(DEFAULT, leaving_sites_out(), "north", own(6, 4), ACCEPTED) == ()


def test_trees_need_a_sentence_of_this_very_site_and_leaves_of_enough_patients():
    united = leaving_sites_out(model={"kind": "forest", "least_patients": 10})
    (said,) = broken_rules(DEFAULT, united, "north", own(6, 4), ACCEPTED)
    sentence_of_trees = "trees that are grown on the patients of north alone can be read by all"
    assert sentence_of_trees in said
    assert broken_rules(DEFAULT, united, "north", own(6, 4), (*ACCEPTED, sentence_of_trees)) == ()
    assert broken_rules(DEFAULT, united, "south", own(6, 4), (sentence("south"), sentence_of_trees)) != ()
    small = leaving_sites_out(model={"kind": "forest", "least_patients": 9})
    (said,) = broken_rules(DEFAULT, small, "north", own(6, 4), (*ACCEPTED, sentence_of_trees))
    assert "a leaf of its trees may be about 9 patients; here the minimum is 10" in said
    boosted = study(model={"kind": "boosting"})
    (said,) = broken_rules(DEFAULT, boosted, "north", own(6, 4), ())
    assert "single patients' features lie can be concluded, of no named site" in said
    with pytest.raises(ValueError, match="lets all read the trees of each single site; declare"):
        study(model={"kind": "xgboost"})


def test_a_class_of_nine_patients_is_too_small_where_a_site_can_be_concluded():
    few = own(6, 2)
    few[0, 1, 0] = 1  # nine in all
    assert patients_isolated(leaving_sites_out(), "north", few) == (9, "the patients of class low at north")
    (said,) = broken_rules(DEFAULT, leaving_sites_out(), "north", few, ACCEPTED)
    assert "the patients of class low at north, 9 in number; the minimum is 10" in said
    # Hidden, that class is never told apart from the other sites' patients.
    assert patients_isolated(study(), "north", few) == (39, "the patients at north")
    assert broken_rules(DEFAULT, study(), "north", few, ()) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"privacy": {"masked": False}}, "without masks"),
        ({"privacy": {"minimum_patients": 5}}, "numbers of 5 patients"),
        ({"federation": {"sites": SITES, "quorum": 2}}, "start with 2 sites"),
    ],
)
def test_a_study_that_goes_below_the_policy_is_refused_and_a_declared_policy_allows_it(changes, said):
    (found,) = broken_rules(DEFAULT, study(**changes), "north", own(6, 4), ())
    assert said in found
    research = Policy(minimum_patients=1, minimum_sites=1, masked_only=False, reason="published research data")
    assert broken_rules(research, study(**changes), "north", own(1, 1), ()) == ()


def test_two_sites_are_too_few_for_hidden_sums():
    two = study(federation={"sites": ("north", "south"), "quorum": 2})
    assert sites_isolated(two) == 2
    assert any("isolate groups of 2 sites" in one for one in broken_rules(DEFAULT, two, "north", None, ()))


@pytest.mark.parametrize(
    "looser", [{"minimum_patients": 9}, {"minimum_sites": 2}, {"masked_only": False}, {"patients_per_coefficient": 1.5}]
)
def test_a_looser_policy_says_why(looser):
    with pytest.raises(ValueError, match="say why"):
        Policy(**looser)
    Policy(**looser, reason="published research data")
    Policy(minimum_patients=30, minimum_sites=5)


def test_the_totals_of_all_sites_must_fill_every_fold():
    require_enough_together(DEFAULT, study(), np.array([100, 66]), 4)  # 66 low: at least ceil(50 / 5) in a fold
    with pytest.raises(MrfedError, match="of class low of fold") as error:
        require_enough_together(DEFAULT, study(), np.array([100, 61]), 4)
    assert error.value.code is Code.TOO_FEW_PATIENTS
    with pytest.raises(MrfedError, match="perhaps only 1;"):
        require_enough_together(DEFAULT, leaving_sites_out(), np.array([100, 3]), 4)


def test_two_patients_a_coefficient_in_the_smallest_fit():
    require_enough_for_coefficients(DEFAULT, study(), np.array([100.0, 42.0]), np.array([21, 21]))
    with pytest.raises(MrfedError, match="a model of 21 coefficients from 41 patients") as error:
        require_enough_for_coefficients(DEFAULT, study(), np.array([100.0, 41.0]), np.array([21, 21]))
    assert error.value.code is Code.TOO_FEW_PATIENTS
    research = Policy(patients_per_coefficient=0, reason="published research data")
    require_enough_for_coefficients(research, study(), np.array([20.0]), np.array([371]))


def test_hessians_may_not_become_as_many_as_patients():
    require_fewer_weightings(DEFAULT, study(), 50, 41, 12)  # leaves out at most 40: at least ten are in
    with pytest.raises(MrfedError, match="42 Hessians of 50 patients") as error:
        require_fewer_weightings(DEFAULT, study(), 50, 42, 12)
    assert error.value.code is Code.TOO_FEW_PATIENTS
    # 9 coefficients: their squares have 45 dimensions, which fifty patients fill whoever they are.
    require_fewer_weightings(DEFAULT, study(), 50, 500, 9)
    research = Policy(patients_per_coefficient=0, reason="published research data")
    require_fewer_weightings(research, study(), 50, 500, 12)


NETWORK = {"input": {"channels": ["early"]}, "architecture": {"name": "small_cnn"}}


@pytest.mark.parametrize("name", ["median", "trimmed_mean", "krum"])
def test_a_network_whose_changes_the_coordinator_reads_needs_a_policy_that_lets_it(name):
    asked = study(harmonization={"method": "none"}, network={**NETWORK, "strategy": {"name": name}})
    (said,) = broken_rules(DEFAULT, asked, "north", own(6, 4), ())
    assert f"reads how training here changed the network (network.strategy.name: {name})" in said
    looser = Policy(masked_only=False, reason="a consortium of one house")
    assert broken_rules(looser, asked, "north", own(6, 4), ()) == ()
    masked = study(harmonization={"method": "none"}, network={**NETWORK, "strategy": {"name": "scaffold"}})
    assert broken_rules(DEFAULT, masked, "north", own(6, 4), ()) == ()
