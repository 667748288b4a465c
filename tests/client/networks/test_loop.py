"""One site's steps when things go wrong: no numbers, gradients that explode, memory and time that run out."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from client.networks import loop
from client.networks.examples import Examples
from client.networks.loop import Round
from shared.errors import Code, MrfedError
from shared.networks import weights as packed
from shared.networks.classifier import Classifier
from shared.networks.registry import build
from shared.sections.network import Network
from shared.strategies.strategy import Vector, Work
from tests.client.networks.conftest import bright_lesions

WHERE = "site here, fold-1, round 3"


def task(network: Network, rate: float = 0.05) -> Round:
    start = packed.draw(build(network), 1)
    return Round(start=start, rate=rate, where=WHERE, random=lambda: np.random.default_rng(5))


def trained(network: Network, examples: Examples, model: Classifier | None = None, rate: float = 0.05) -> Vector:
    return loop.train(model or build(network), examples, network.training, task(network, rate)).end


def with_training(network: Network, **changes: Any) -> Network:
    return network.model_copy(update={"training": network.training.model_copy(update=changes)})


def test_a_loss_that_is_no_number_names_site_fit_and_round(network: Network, caplog: pytest.LogCaptureFixture) -> None:
    examples = bright_lesions(8, seed=1)
    examples.images[3, 0, 2, 2] = float("nan")
    with pytest.raises(MrfedError, match=rf"{WHERE}: the loss is not a number at learning rates from 0.05 to 0.0125"):
        trained(network, examples)
    assert caplog.text.count("the round starts again") == loop.RETRIES


def test_a_lower_rate_is_tried_before_a_round_is_given_up(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    examples, rates, steps = bright_lesions(8, seed=1), list[float](), loop._train

    def overflows_at_first(*given: Any) -> Work:
        rates.append(given[3].rate)
        if len(rates) == 1:
            raise loop._NotFinite
        return steps(*given)

    monkeypatch.setattr(loop, "_train", overflows_at_first)
    work = loop.train(build(network), examples, network.training, task(network))
    assert rates == [0.05, 0.025]
    assert work.path == 0.025 * work.effort
    monkeypatch.undo()
    np.testing.assert_array_equal(work.end, trained(network, examples, rate=0.025))


def test_exploding_gradients_are_clipped(network: Network) -> None:
    """Images a million times too bright: steps stay within rate times the largest norm."""
    examples = bright_lesions(8, seed=1)
    huge = replace(examples, images=examples.images * 1e6)
    clipped = with_training(network, gradient_clip=1.0, batch_size=100)
    change = trained(clipped, huge) - task(network).start
    assert 0 < np.linalg.norm(change) <= 0.05 * (1 + 1e-4)


class Hungry:
    """Lets a network's forward pass fail, as torch does, where it is given more patients than memory holds."""

    def __init__(self, model: Classifier, holds: int) -> None:
        self.given: list[int] = []
        forward = model.forward

        def limited(images: Tensor, variables: Tensor) -> Tensor:
            self.given.append(len(images))
            if len(images) > holds:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes.")
            return forward(images, variables)

        model.forward = limited  # type: ignore[method-assign]


def test_batches_are_halved_where_memory_runs_out_and_steps_stay_the_same(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    examples, model = bright_lesions(16, seed=1), build(network)
    hungry = Hungry(model, holds=2)
    work = trained(network, examples, model)
    assert hungry.given[:3] == [8, 4, 2]
    assert max(hungry.given[2:]) == 2
    assert "out of memory; patients are now taken 2 at a time" in caplog.text
    np.testing.assert_allclose(work, trained(network, examples), rtol=0, atol=1e-6)


def test_a_patient_who_fits_in_no_memory_is_a_clear_error(network: Network) -> None:
    model = build(network)
    Hungry(model, holds=0)
    with pytest.raises(MrfedError, match=f"{WHERE}: memory does not hold the training of a single patient") as caught:
        trained(network, bright_lesions(8, seed=1), model)
    assert caught.value.code is Code.OUT_OF_MEMORY


def test_a_limit_of_memory_ends_the_same_way(network: Network) -> None:
    with pytest.raises(MrfedError, match="single patient") as caught:
        trained(with_training(network, memory_limit_mb=1), bright_lesions(8, seed=1))
    assert caught.value.code is Code.OUT_OF_MEMORY


def test_a_site_that_is_out_of_time_answers_with_the_steps_it_has_done(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    examples = bright_lesions(16, seed=1)
    slow = with_training(network, time_limit_s=1e-9, local_epochs=5)
    work = loop.train(build(slow), examples, slow.training, task(slow))
    assert work.effort == 1
    assert "time is up after 1 of 10 steps" in caplog.text
    assert np.abs(work.change).max() > 0


@pytest.mark.parametrize("patients", [1, 2])
@pytest.mark.parametrize("norm", ["group", "batch", "instance"])
def test_one_or_two_patients_train(patients: int, norm: str, network: Network) -> None:
    form = network.architecture.model_copy(update={"norm": norm})
    few = network.model_copy(update={"architecture": form})
    assert np.isfinite(trained(few, bright_lesions(patients, seed=1))).all()


def test_patients_of_one_class_train(network: Network) -> None:
    examples = bright_lesions(8, seed=1)
    alike = replace(examples, positive=torch.zeros(8))
    end = trained(with_training(network, sampling="balanced"), alike)
    assert np.isfinite(end).all()
    before, after = (loop.logits(build(network), alike, weights).mean() for weights in (task(network).start, end))
    assert after < before, "it learns that there are none of the other class"
