"""Outcomes that are numbers: what their sums would give away, and sums that a site cannot have."""

import numpy as np
import pytest

from server import plausible
from shared.contract import QUANTITIES, Step
from shared.errors import Code, MrfedError
from shared.folds import generator
from shared.lesson import outcome_sums

pytestmark = pytest.mark.attack
PATIENTS = 120


def test_outcomes_from_sums_over_patients_drawn_anew() -> None:
    """Who is drawn how often follows from the seed: as many such sums as patients are every patient's outcome."""
    y = np.random.default_rng(1).uniform(-1, 1, PATIENTS)
    random = generator(1, "resamples", "north")
    draws = np.stack([np.bincount(random.integers(PATIENTS, size=PATIENTS), minlength=PATIENTS) for _ in range(200)])
    found = np.linalg.lstsq(draws.astype(float), draws @ y, rcond=None)[0]
    np.testing.assert_allclose(found, y, atol=1e-9)
    # so intervals come from influences and moments, and no sum over drawn patients leaves
    axes = {symbol for step in (Step.RESIDUALS, Step.MOMENTS) for one in QUANTITIES[step] for symbol in one.shape}
    assert "resamples" not in axes


def honest() -> dict[str, np.ndarray]:
    random = np.random.default_rng(2)
    u, y = random.normal(size=(PATIENTS, 4)), random.uniform(-1, 1, PATIENTS)
    told = {name: one[:, None] for name, one in outcome_sums(y, u, np.zeros(0, int), 1).items()}
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
    plausible.require_totals("moments", totals, PATIENTS, bounded=False)
    steered = totals[name].copy()
    steered[..., 0] += more
    with pytest.raises(MrfedError, match=name) as caught:
        plausible.require_totals("moments", {**totals, name: steered}, PATIENTS, bounded=False)
    assert caught.value.code is Code.DATA_INCONSISTENT


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
    plausible.require_answer("north", Step.RESIDUALS, answer(), 20)
    with pytest.raises(MrfedError, match=f"north sent {name}"):
        plausible.require_answer("north", Step.RESIDUALS, answer(**{name: value}), 20)
