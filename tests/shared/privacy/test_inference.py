"""What a whole study lets somebody conclude."""

from functools import partial

import numpy as np
import pytest

from shared.privacy.inference import Cell, cell_shape, decoded_sums, together, words
from shared.privacy.isolation import smallest_group_of_patients, smallest_group_of_sites
from shared.sections.question import Endpoint, EndpointKind
from tests.least_study import least_study

SITES = ("north", "south", "west", "east")


study = partial(least_study, SITES, privacy={"site_sums": "derivable"})


HIDDEN = study(evaluation={"leave_one_site_out": False}, privacy={"site_sums": "hidden"})


def even(one, count):
    return {site: np.full(cell_shape(one), count) for site in SITES}


def test_hidden_sums_isolate_one_class_of_one_fold_over_all_sites():
    cells, sums = decoded_sums(HIDDEN, even(HIDDEN, 3))
    assert len(cells) == 4 * 5 * 2
    group = smallest_group_of_patients(sums)
    assert (group.size, group.exact) == (12, True)
    assert smallest_group_of_sites(sums).size == 4
    sentences = words(HIDDEN, [cells[cell] for cell in group.cells])
    assert sentences in [
        f"the patients of class {name} of fold {fold} at all sites together"
        for name in ("zero", "low")
        for fold in range(1, 6)
    ]


def test_leaving_sites_out_isolates_each_site():
    asked = study(harmonization={"left_out_site": "raw"})
    _, sums = decoded_sums(asked, even(asked, 3))
    assert smallest_group_of_sites(sums).size == 1
    assert smallest_group_of_patients(sums).size == 12  # one class of one fold everywhere: 4 x 3 < 5 x 3


def test_patients_that_a_left_out_site_harmonizes_itself_from_are_told_apart():
    """Cross-validation scores them and the left-out view does not: their sums are the difference."""
    counts = np.zeros((5, 1, 2, 2), dtype=int)
    counts[..., 0] = 8
    counts[0, :, :, 1] = 1
    asked = study()
    cells, sums = decoded_sums(asked, dict.fromkeys(SITES, counts))
    group = smallest_group_of_patients(sums)
    assert group.size == 1
    assert "from whom left-out sites harmonize themselves" in words(asked, [cells[cell] for cell in group.cells])


def test_one_site_without_folds_or_classes():
    two = study(evaluation={"folds": 0}, harmonization={"left_out_site": "transductive"})
    score = Endpoint(kind=EndpointKind.CONTINUOUS, column="recurrence_score", plausible=(0, 100))
    one = two.model_copy(update={"question": two.question.model_copy(update={"endpoint": score})})
    assert cell_shape(one) == (1, 1, 1, 1)
    _, sums = decoded_sums(one, even(one, 20))
    assert smallest_group_of_patients(sums).size == 20
    assert words(one, [Cell("west", 0, 0, 0, calibration=False)]) == "the patients at west"
    assert "the search gave up" in words(one, [])


@pytest.mark.parametrize(("zero", "low", "expected"), [(100, 39, [17, 5]), (16, 0, [1, 0]), (17, 20, [1, 1])])
def test_numbers_of_all_sites_together_are_the_least_that_the_folds_can_hold(zero, low, expected):
    least = together(HIDDEN, np.array([zero, low]), sites=4)
    assert least.shape == (5, 1, 2, 1)
    assert least[:, 0, :, 0].tolist() == [expected] * 5


def test_no_spread_over_sites_and_folds_goes_under_the_least_numbers():
    random = np.random.default_rng(5)
    for _ in range(50):
        of_site = random.multinomial(60, random.dirichlet(np.ones(4)))
        fold = sum(np.bincount((random.integers(5) + np.arange(n)) % 5, minlength=5) for n in of_site)
        assert fold.min() >= together(HIDDEN, np.array([60, 60]), sites=4)[0, 0, 0, 0]


def test_a_site_that_may_be_lost_midway_is_told_apart_in_every_fold():
    """Sums before the loss less those after it: one class of one fold at one site."""
    going_on = study(federation={"sites": SITES, "dropout": "continue"}, harmonization={"left_out_site": "raw"})
    cells, sums = decoded_sums(going_on, even(going_on, 3))
    group = smallest_group_of_patients(sums)
    assert (group.size, len(group.cells)) == (3, 1)
    hidden = study(
        federation={"sites": SITES, "dropout": "continue"},
        evaluation={"leave_one_site_out": False},
        privacy={"site_sums": "hidden"},
    )
    assert smallest_group_of_patients(decoded_sums(hidden, even(hidden, 3))[1]).size == 12
    assert "at " in words(going_on, [cells[cell] for cell in group.cells])


NESTED = study(
    model={"l1_ratio": 1, "penalties": 20},
    evaluation={"leave_one_site_out": False, "inner_folds": 3},
    privacy={"site_sums": "hidden"},
)


def test_inner_folds_isolate_their_part_of_a_fold():
    """Without a fold, without an inner fold, without both: the fourth corner is the part that both leave out."""
    cells, sums = decoded_sums(NESTED, even(NESTED, 3))
    assert len(cells) == 4 * 5 * 3 * 2
    group = smallest_group_of_patients(sums)
    assert (group.size, group.exact) == (12, True)
    assert "inner fold" in words(NESTED, [cells[cell] for cell in group.cells])
