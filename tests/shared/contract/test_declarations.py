"""Lengths that the contract states and others compute by; what declarations say of numbers and sets."""

import numpy as np
import pytest

from client.networks import explain
from harmonization import assess, normal_scores, power, trials
from shared.contract import moments, network, probe, transform
from shared.contract.disclosure import Cell, Content, Whole
from shared.contract.evaluate import EVALUATE
from shared.contract.foreseen import Foreseen
from shared.contract.harmonize import HARMONIZE
from shared.contract.moments import MOMENTS
from shared.contract.quantity import Way
from shared.contract.registry import EXCHANGES
from tests.least_study import least_study


def test_lengths_that_the_contract_states_are_those_of_what_is_sent() -> None:
    assert len(power.GRID) == transform.POWERS_TRIED
    assert normal_scores.CELLS == transform.RANGES_OF_RANKS
    assert (len(assess.GROUPINGS), len(assess.TESTED), assess.POWERS) == (
        moments.GROUPINGS,
        moments.TESTED,
        moments.POWERS,
    )
    assert (trials.FIRST_DEAL, len(trials.PROBES)) == (probe.TABLES, probe.PROBES)
    assert (len(trials.CELLS) - 1, trials.SCORES) == (probe.VALUE_RANGES, probe.PROBABILITY_RANGES)
    assert (len(explain.ATTENTIONS), len(explain.MEASURES)) == (network.ATTENTIONS, network.MEASURES)


def test_what_is_of_one_site_says_so_and_a_sum_is_parted_as_its_axes_are() -> None:
    by_name = {one.name: one for one in MOMENTS.quantities}
    assert by_name["class_sums"].cells == {Cell.FOLD, Cell.INNER_FOLD, Cell.LEFT_OUT_SITE, Cell.CLASS}
    assert by_name["before"].cells == {Cell.SITE, Cell.VALUE}
    for exchange in EXCHANGES:
        for quantity in exchange.quantities:
            assert quantity.way is Way.MASKED or Cell.SITE in quantity.cells, (exchange.step, quantity.name)


def test_counts_say_their_bits_and_sums_have_no_bound() -> None:
    study = least_study(("a", "b", "c"), evaluation={"leave_one_site_out": False, "folds": 2, "resamples": 0})
    foreseen = Foreseen(study, features=4)
    totals, sums = MOMENTS.quantities[0], MOMENTS.quantities[2]
    assert (totals.content, totals.whole) == (Content.COUNT, Whole.PATIENTS)
    fits = 2 * 3  # with and without harmonization: all patients, and without each fold
    assert totals.numbers(foreseen) == 2 * fits
    assert totals.bits(foreseen, 7) == pytest.approx(2 * fits * 3)
    assert sums.numbers(foreseen) == 2 * fits * 4
    assert sums.bits(foreseen, 7) == np.inf
    pairs = next(one for one in EVALUATE.quantities if one.name == "all_pairs")
    assert pairs.whole is not None
    assert (pairs.whole.most(5), Whole.SITES.bits(100, 3)) == (10, 2)


def test_what_is_not_known_yet_is_not_made_up() -> None:
    study = least_study(("a", "b", "c"), evaluation={"leave_one_site_out": False})
    axes = {axis.name: axis for one in HARMONIZE.quantities for axis in one.axes}
    assert Foreseen(study).most(axes["features"]) is None
    assert Foreseen(study, features=9).most(axes["features"]) == 9
    assert Foreseen(study, features=9).most(axes["incomplete features"]) == 0
