"""HER2's programmed effects keep to their joint limit."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import norm

from client.cohort.her2 import Her2Status
from simulations import scenario
from simulations.effects import LATENTS, Effects, LowVersusZero, PositiveVersusNegative, covariance, mahalanobis


def test_covariance_is_one_of_standardized_variables():
    assert np.diag(covariance()) == pytest.approx(np.ones(len(LATENTS)))
    assert np.linalg.eigvalsh(covariance()).min() > 0.1


def test_classes_lie_the_stated_distance_apart():
    demo = scenario.load("demo").effects
    low, zero, positive = (demo.mean(status) for status in (Her2Status.LOW, Her2Status.ZERO, Her2Status.POSITIVE))
    assert mahalanobis(low - zero) == pytest.approx(1.0)
    assert mahalanobis(positive - (low + zero) / 2) == pytest.approx(1.2)


def test_best_classifier_reaches_the_auc_of_the_distance():
    effects = scenario.load("demo").effects
    rng = np.random.default_rng(5)
    root = np.linalg.cholesky(covariance())
    low, zero = (
        effects.mean(status) + rng.standard_normal((4000, len(LATENTS))) @ root.T
        for status in (Her2Status.LOW, Her2Status.ZERO)
    )
    direction = np.linalg.solve(covariance(), effects.mean(Her2Status.LOW) - effects.mean(Her2Status.ZERO))
    auc = ((low @ direction)[:, None] > (zero @ direction)[None, :]).mean()
    # Fisher's direction is optimal for Gaussian classes: AUC = Phi(d / sqrt 2) = 0.760 at d = 1.
    assert auc == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.015)


def test_null_scenario_moves_nothing():
    null = scenario.load("null").effects
    assert [null.mean(status).any() for status in (Her2Status.LOW, Her2Status.ZERO, Her2Status.POSITIVE)] == [False] * 3


def test_only_proportions_of_the_direction_count():
    effects = LowVersusZero(distance=0.7, direction={"ktrans": 1.0, "diffusivity": -0.5})
    ten = LowVersusZero(distance=0.7, direction={"ktrans": 10.0, "diffusivity": -5.0})
    assert effects.vector() == pytest.approx(ten.vector())


@pytest.mark.parametrize(
    ("model", "content"),
    [
        (LowVersusZero, {"distance": 1.01, "direction": {"ktrans": 1}}),
        (PositiveVersusNegative, {"distance": 1.21, "direction": {"ktrans": 1}}),
        (LowVersusZero, {"distance": 0.5}),
        (LowVersusZero, {"distance": 0.5, "direction": {"ktrans": 0}}),
        (LowVersusZero, {"distance": 0.5, "direction": {"no_such_latent": 1}}),
    ],
)
def test_absurd_effects_are_refused(model, content):
    with pytest.raises(ValidationError):
        model.model_validate(content)


def test_effects_need_both_comparisons():
    with pytest.raises(ValidationError):
        Effects.model_validate({"low_vs_zero": {"distance": 0}})
