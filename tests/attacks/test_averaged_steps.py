"""Steps of a network on features, of a single site in the open and of all sites: solved for the patients' features."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares, linear_sum_assignment

from shared.errors import MrfedError
from shared.models import perceptron
from shared.models.perceptron import Shape
from shared.privacy.disclosure_rules import require_enough_for_coefficients, require_fewer_slopes
from shared.privacy.policy import Policy
from shared.study.study import Study

FEATURES, HIDDEN, ROUNDS, RATE = 3, 2, 12, 0.5
SHAPE = Shape(1 + FEATURES, HIDDEN, 2)
AT_A_SITE = 8


def told(x: np.ndarray, y: np.ndarray, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """(rounds, size) weights from which every round began, and the sum of the patients' slopes, as steps tell it."""
    design, now = np.concatenate([np.ones((len(x), 1)), x], axis=1), SHAPE.draw(np.random.default_rng(0))
    weights, slopes = [], []
    for _ in range(rounds):
        slope = perceptron.gradient(SHAPE, design, y, now)[1]
        weights.append(now)
        slopes.append(len(y) * slope)
        now = now - RATE * slope
    return np.array(weights), np.array(slopes)


def slopes_of(x: torch.Tensor, y: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(rounds, size) what patients with such features would have told."""
    design, first = torch.cat([torch.ones(len(x), 1), x], dim=1), SHAPE.hidden * SHAPE.inputs
    into = weights[:, :first].reshape(-1, SHAPE.hidden, SHAPE.inputs)
    out = weights[:, first:].reshape(-1, SHAPE.classes, 1 + SHAPE.hidden)
    units = torch.tanh(torch.einsum("nf,rhf->rnh", design, into))
    off = torch.softmax(out[:, None, :, 0] + torch.einsum("rnh,rch->rnc", units, out[:, :, 1:]), dim=2)
    off = off - torch.nn.functional.one_hot(y, SHAPE.classes)
    back = torch.einsum("rnc,rch->rnh", off, out[:, :, 1:]) * (1 - units**2)
    of_out = torch.cat([off.sum(dim=1)[..., None], torch.einsum("rnc,rnh->rch", off, units)], dim=2)
    return torch.cat([torch.einsum("rnh,nf->rhf", back, design).flatten(1), of_out.flatten(1)], dim=1)


def solved(patients: int, rounds: int) -> float:
    """Share of the patients whose features all are found to a twentieth of a standard deviation, up to their order."""
    random, y = np.random.default_rng(0), np.sort(np.arange(patients) % 2)
    x = random.normal(size=(patients, FEATURES))
    x[:, 0] += y
    weights, slopes = (torch.tensor(one) for one in told(x, y, rounds))
    classes = torch.tensor(y)

    def residual(flat: torch.Tensor) -> torch.Tensor:
        return (slopes_of(flat.reshape(patients, FEATURES), classes, weights) - slopes).flatten()

    slope, best = torch.func.jacfwd(residual), None
    for _ in range(3):
        solution = least_squares(
            lambda flat: residual(torch.tensor(flat)).numpy(),
            random.normal(size=x.size),
            lambda flat: slope(torch.tensor(flat)).numpy(),
            method="lm" if slopes.numel() >= x.size else "trf",
            max_nfev=80,
        )
        best = solution if best is None or solution.cost < best.cost else best
    assert best is not None
    guess, right = best.x.reshape(patients, FEATURES), 0
    for label in (0, 1):
        apart = np.abs(guess[y == label][:, None] - x[y == label]).max(axis=2)
        right += int((apart[linear_sum_assignment(apart)] < 0.05).sum())
    return right / patients


@pytest.mark.attack
@pytest.mark.slow
def test_features_of_a_site_from_its_own_steps_and_of_all_from_their_sum(
    study: Study, gained: Callable[[str, str, str], None]
) -> None:
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        together = int(Policy().patients_per_coefficient * SHAPE.size)
        allowed = int(together * FEATURES / Policy().patients_per_coefficient) // SHAPE.size
        alone, summed = solved(AT_A_SITE, ROUNDS), solved(together, allowed)
    finally:
        torch.set_default_dtype(default)
    assert alone == 1.0
    assert summed == 0
    assert allowed == 3
    require_fewer_slopes(Policy(), study, together, FEATURES, allowed * SHAPE.size)
    with pytest.raises(MrfedError, match=r"56 numbers of slopes in training could be solved for 3 features of 28"):
        require_fewer_slopes(Policy(), study, together, FEATURES, (allowed + 1) * SHAPE.size)
    size = np.array([SHAPE.size])
    require_enough_for_coefficients(Policy(), study, np.array([float(together)]), size)
    with pytest.raises(MrfedError, match=r"14 coefficients from 8 patients"):
        require_enough_for_coefficients(Policy(), study, np.array([float(AT_A_SITE)]), size)
    gained(
        "Solve the steps of a small network for the features of those who made them",
        f"every feature, of {100 * alone:.0f} % of a site's {AT_A_SITE} patients",
        f"{100 * summed:.0f} % of {together}, of whose sum under masks no more than {allowed} rounds are told",
    )
