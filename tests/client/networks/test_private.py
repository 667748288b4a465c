"""Differentially private training: what a patient can do at most, and what is counted."""

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from client.networks import accounting, private
from client.networks.loop import Round
from shared.errors import Code, MrfedError
from shared.networks import weights as packed
from shared.networks.registry import build
from shared.sections.network import Augmentation, DifferentialPrivacy, Input, LocalTraining, Network, SmallCnn
from simulations.rounds import train
from tests.client.networks.conftest import bright_lesions

pytest.importorskip("opacus")


def network(**privacy: Any) -> Network:
    return Network(
        input=Input(channels=("early", "late"), size=(12, 12)),
        architecture=SmallCnn(width=8),
        training=LocalTraining(
            rounds=2, batch_size=100, learning_rate=0.5, sampling="natural", augmentation=Augmentation(flips=False)
        ),
        differential_privacy=DifferentialPrivacy(**{"noise_multiplier": 1.0, "epsilon": 50.0, **privacy}),
    )


def one_round(settings: Network, patients: np.ndarray[Any, Any], seed: int = 1) -> np.ndarray[Any, Any]:
    model, privacy = build(settings), settings.differential_privacy
    assert privacy is not None
    task = Round(packed.draw(model, 1), 0.5, "here", lambda: np.random.default_rng(1))
    noise = torch.Generator().manual_seed(seed)
    examples = bright_lesions(20, 1)[patients]
    return private.train(model, examples, settings.training, privacy, task, noise=noise).change


def test_one_patient_moves_a_full_step_by_no_more_than_her_clipped_gradient() -> None:
    """With one full batch and equal noise: the sums, 20 and 19 times the mean, differ by at most the norm."""
    settings = network(largest_norm=0.05)
    everyone, without = one_round(settings, np.arange(20)), one_round(settings, np.arange(19))
    difference = np.linalg.norm(20 * everyone.astype(float) - 19 * without.astype(float)) / 0.5
    assert 0.9 * 0.05 < difference < 1.001 * 0.05


def test_a_round_of_several_steps_clips_each_step_by_itself() -> None:
    """Without noise to speak of, four steps go no further than four full clipped batches."""
    settings = network(largest_norm=0.05, noise_multiplier=1e-6)
    small = settings.model_copy(update={"training": settings.training.model_copy(update={"batch_size": 5})})
    moved = np.linalg.norm(one_round(small, np.arange(20)))
    assert 0.2 * 0.05 < moved < 4 * 0.5 * 0.05 * 2  # steps, rate, norm; batches up to twice their expected size


def test_the_noise_has_the_deviation_that_is_accounted_for() -> None:
    settings = network(noise_multiplier=3.0, largest_norm=0.2)
    moved = [one_round(settings, np.arange(20), seed) for seed in range(12)]
    deviation = np.stack(moved).std(axis=0, ddof=1)
    assert np.sqrt((deviation**2).mean()) == pytest.approx(0.5 * 3.0 * 0.2 / 20, rel=0.05)


def test_epsilon_is_that_of_opacus() -> None:
    from opacus.accountants import RDPAccountant

    training = LocalTraining(rounds=20, batch_size=16)
    privacy = DifferentialPrivacy(noise_multiplier=2.5, epsilon=10)
    own = accounting.spent([64], 20, training, privacy)
    account = RDPAccountant()
    for _ in range(20 * 4):
        account.step(noise_multiplier=2.5, sample_rate=0.25)
    # theirs has fractional orders as well, which matter where epsilon is large: ours is the larger then
    assert own == pytest.approx(account.get_epsilon(1e-5), rel=0.02)


def test_a_round_that_would_pass_the_budget_is_refused() -> None:
    settings = network(epsilon=0.5)
    examples = {"alpha": bright_lesions(20, 1), "beta": bright_lesions(20, 2)}
    trains = {name: np.ones((1, 20), dtype=bool) for name in examples}
    with pytest.raises(MrfedError, match="would bring epsilon to") as refused:
        train(settings, examples, ("final",), trains)
    assert refused.value.code is Code.BUDGET_SPENT


def test_every_fit_that_a_patient_trains_is_counted() -> None:
    training, privacy = LocalTraining(batch_size=16), DifferentialPrivacy(noise_multiplier=1.0, epsilon=10)
    once = accounting.spent([40], 4, training, privacy)
    assert accounting.spent([40, 40], 2, training, privacy) == pytest.approx(once)
    assert accounting.spent([40, 0], 4, training, privacy) == once


@pytest.mark.parametrize(
    "unfit",
    [
        {"architecture": {"name": "resnet10"}},
        {"architecture": {"name": "small_cnn", "norm": "batch"}},
        {"training": {"optimizer": "adamw"}},
        {"strategy": {"name": "scaffold"}},
    ],
)
def test_forms_that_mix_patients_are_refused(unfit: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Network.model_validate({**network().model_dump(), **unfit})
