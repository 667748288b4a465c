"""Outcomes that are numbers: what their sums would give away, and sums that a site cannot have."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from server import plausibility
from shared.arrays import pack_symmetric
from shared.contract.moments import MOMENTS
from shared.contract.residuals import RESIDUALS
from shared.errors import Code, MrfedError
from shared.folds import generator
from shared.privacy.inference import cell_shape, decoded_sums
from shared.privacy.permutation_rules import require_fewer_shuffles
from shared.privacy.policy import Policy
from shared.step import Step
from shared.study.plan import Fold, outer_fits
from shared.study.study import Study
from shared.training.permutations import shuffled
from shared.training.site_statistics import outcome_sums
from tests.study_of_tables import study

pytestmark = pytest.mark.attack
PATIENTS = 120


def test_outcomes_from_sums_over_patients_drawn_anew() -> None:
    """Who is drawn how often follows from the seed: as many such sums as patients are every patient's outcome."""
    y = np.random.default_rng(1).uniform(-1, 1, PATIENTS)
    random = generator(1, "resamples", "north")
    draws = np.stack([np.bincount(random.integers(PATIENTS, size=PATIENTS), minlength=PATIENTS) for _ in range(200)])
    solution = np.linalg.lstsq(draws.astype(float), draws @ y, rcond=None)[0]
    np.testing.assert_allclose(solution, y, atol=1e-9)
    # so intervals come from influences and moments, and no sum over drawn patients leaves
    axes = {axis.name for one in (*RESIDUALS.quantities, *MOMENTS.quantities) for axis in one.axes}
    assert "resamples" not in axes


def honest() -> dict[str, np.ndarray]:
    random = np.random.default_rng(2)
    u, y = random.normal(size=(PATIENTS, 4)), random.uniform(-1, 1, PATIENTS)
    told = {name: outcome_sum[:, None] for name, outcome_sum in outcome_sums(y, u, np.zeros(0, int), 1).items()}
    return {
        **told,
        "class_totals": np.array([[float(PATIENTS)]]),
        "class_sums": u.sum(axis=0)[None, None],
        "sum_uu": (u**2).sum(axis=0)[None],
    }


@pytest.mark.parametrize(
    ("name", "more"), [("outcome_squares", 1e3), ("outcome_sums", -1e3), ("outcome_products", 1e4)]
)
def test_sums_of_an_outcome_beyond_its_range_stop_the_study(name: str, more: float) -> None:
    """A site that counts its patients for more than they can be would choose the others' coefficients."""
    totals = honest()
    plausibility.require_totals("moments", totals, PATIENTS, bounded=False)
    steered = totals[name].copy()
    steered[..., 0] += more
    with pytest.raises(MrfedError, match=name) as caught:
        plausibility.require_totals("moments", {**totals, name: steered}, PATIENTS, bounded=False)
    assert caught.value.code is Code.DATA_INCONSISTENT


def blocks() -> dict[str, np.ndarray]:
    """What four inner folds of one fit say together of a shortlist of three."""
    random, told = np.random.default_rng(3), []
    for _ in range(4):
        z, y = random.normal(size=(30, 3)), random.uniform(-1, 1, 30)
        told.append((np.array([30.0]), pack_symmetric(z.T @ z), np.array([y.sum()]), (y @ z)[None]))
    names = ("block_totals", "block_products", "block_outcomes", "block_outcome_products")
    return {name: np.stack(one)[None] for name, one in zip(names, zip(*told, strict=True), strict=True)}


@pytest.mark.parametrize("name", ["block_outcomes", "block_outcome_products"])
def test_outcomes_of_inner_folds_beyond_their_range_stop_the_study(name: str) -> None:
    """Halves in which a feature goes along with an invented outcome would all choose it."""
    totals = blocks()
    plausibility.require_totals("gram", totals, PATIENTS, bounded=False)
    steered = totals[name].copy()
    steered[0, 1] += 100
    with pytest.raises(MrfedError, match=name) as caught:
        plausibility.require_totals("gram", {**totals, name: steered}, PATIENTS, bounded=False)
    assert caught.value.code is Code.DATA_INCONSISTENT


SITES = ("alpha", "beta", "gamma")


def nested(**evaluation: object) -> Study:
    return study(
        0,
        model={"kind": "linear"},
        selection={"method": "stability"},
        evaluation={"folds": 3, "inner_folds": 4, "resamples": 0, "leave_one_site_out": False, **evaluation},
        privacy={"site_sums": "hidden", "minimum_patients": 2},
    )


def test_inner_folds_of_outcomes_tell_nobody_apart_who_was_not() -> None:
    """What halves are made of is what a fit has more than those inside it, in any case."""
    asked = nested()
    cells, decoded = decoded_sums(asked, dict.fromkeys(SITES, np.full(cell_shape(asked), 10)))
    of_blocks = [
        [Fold(cell.fold) != fit.left_out and cell.inner == block for cell in cells]
        for fit in outer_fits(asked, SITES)
        for block in range(4)
    ]
    together = np.concatenate([decoded.sums, np.array(of_blocks, dtype=float)])
    assert np.linalg.matrix_rank(together) == np.linalg.matrix_rank(decoded.sums)
    # without inner fits they would tell more: it is these that they lie in the span of
    outer = decoded.sums[: 1 + 4]
    assert np.linalg.matrix_rank(np.concatenate([outer, of_blocks])) > np.linalg.matrix_rank(outer)


def searched(rows: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Outcomes that have the sums and the sums of squares of these, by least squares from random starts."""

    def unlike(x: np.ndarray) -> np.ndarray:
        return np.concatenate([rows @ (x - y), rows @ (x**2 - y**2)])

    def slope(x: np.ndarray) -> np.ndarray:
        return np.concatenate([rows, 2 * rows * x])

    random = np.random.default_rng(5)
    starts = (random.uniform(-1, 1, len(y)) for _ in range(20))
    solved = (least_squares(unlike, start, slope, xtol=1e-12, ftol=1e-14, max_nfev=300) for start in starts)
    return np.asarray(next(one.x for one in solved if one.cost < 1e-18))


def test_outcomes_from_sums_and_squares_of_shuffled_ones() -> None:
    """Both are equations in outcomes alone: fewer shuffles than sums alone would need give every outcome away."""
    place, y = np.arange(PATIENTS), np.random.default_rng(4).uniform(-1, 1, PATIENTS)
    fold, inner = place % 3, place // 3 % 4
    moved = [shuffled(place, fold, generator(1, "shuffle", "north", str(number))) for number in range(10)]
    for number in range(3):
        members = np.flatnonzero(fold == number)
        groups = [own[(fold == number) & (inner == part)] for own in moved for part in range(3)]
        rows = np.array([np.isin(members, group) for group in groups], dtype=float)
        assert len(rows) == 30 < len(members)  # sums alone settle nothing
        np.testing.assert_allclose(searched(rows, y[members]), y[members], atol=1e-6)
    # two patients an equation: 3 shuffles of 3 x 3 inner folds are 54 of them, 4 are refused
    policy = Policy()
    require_fewer_shuffles(policy, nested(permutations=3), PATIENTS)
    with pytest.raises(MrfedError, match="patients' outcomes") as caught:
        require_fewer_shuffles(policy, nested(permutations=4), PATIENTS)
    assert caught.value.code is Code.TOO_FEW_PATIENTS


def answer(**changes: object) -> dict[str, np.ndarray]:
    """What a site of 20 patients says of its own in one view."""
    said = {
        "shown": [1.0],
        "evaluated": [20.0],
        "ranked": [190.0],
        "u": [150.0],
        "errors": [[0.7, 0.1, 0.2, 0.06]],
        "recalibration": [[1.0, 0.1, 0.0, 0.1, 1.0]],
        "index_variance": [0.01],
        "difference_variance": [0.0],
    }
    return {name: np.array(one) for name, one in (said | changes).items()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("evaluated", [21.0]),
        ("u", [191.0]),
        ("u", [np.nan]),
        ("errors", [[1.2, 0.1, 0.2, 0.06]]),
        ("errors", [[0.7, 0.3, 0.2, 0.06]]),
        ("errors", [[0.7, 0.1, 0.2, -0.06]]),
        ("recalibration", [[np.inf, 0.1, 0.0, 0.1, 1.0]]),
        ("index_variance", [2.0]),
    ],
)
def test_measures_of_a_site_that_no_patients_give_are_refused_by_name(name: str, value: object) -> None:
    plausibility.require_answer("north", Step.RESIDUALS, answer(), 20)
    with pytest.raises(MrfedError, match=f"north sent {name}"):
        plausibility.require_answer("north", Step.RESIDUALS, answer(**{name: value}), 20)
