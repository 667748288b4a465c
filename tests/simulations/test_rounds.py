"""Strategies held against what they must equal, on rounds in one process."""

from typing import Any

import numpy as np
import pytest
import torch

from client.networks.examples import Examples
from client.networks.loop import loss_of
from shared.arrays import Array
from shared.networks import weights as packed
from shared.networks.registry import build
from shared.sections.network import Augmentation, Input, LocalTraining, Network, SmallCnn
from shared.strategies.strategy import Vector
from simulations.rounds import Trained, train
from tests.client.networks.conftest import bright_lesions

FINAL = ("final",)


def network(strategy: dict[str, Any] | None = None, norm: str = "group", **training: Any) -> Network:
    settings = {
        "rounds": 3,
        "batch_size": 8,
        "learning_rate": 0.05,
        "sampling": "natural",
        "gradient_clip": None,
        "augmentation": Augmentation(flips=False),
        **training,
    }
    return Network.model_validate(
        {
            "input": Input(channels=("early", "late"), size=(12, 12)),
            "architecture": SmallCnn(width=4, norm=norm),  # type: ignore[arg-type]
            "training": LocalTraining(**settings),  # type: ignore[arg-type]
            "strategy": strategy or {"name": "fedavg"},
        }
    )


def sites(*patients: int) -> dict[str, Examples]:
    return {f"site-{index}": bright_lesions(count, seed=index) for index, count in enumerate(patients)}


def everyone(examples: dict[str, Examples]) -> dict[str, Array]:
    return {name: np.ones((1, len(own)), dtype=bool) for name, own in examples.items()}


def federated(settings: Network, examples: dict[str, Examples], **options: Any) -> Trained:
    return train(settings, examples, FINAL, everyone(examples), **options)


def weights(trained: Trained) -> Vector:
    return trained.state.weights[0]


def pooled_gradient_descent(settings: Network, examples: dict[str, Examples]) -> Vector:
    """Full-batch gradient descent over all patients, by torch alone."""
    model = build(settings)
    packed.put(model, packed.draw(model, settings.training.seed))
    images = torch.cat([example.images for example in examples.values()])
    variables = torch.cat([example.variables for example in examples.values()])
    positive = torch.cat([example.positive for example in examples.values()])
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.training.learning_rate)
    for _ in range(settings.training.rounds):
        optimizer.zero_grad()
        loss_of(model(images, variables), positive).backward()
        optimizer.step()
    return packed.get(model)


def test_fedavg_with_one_full_batch_is_pooled_gradient_descent() -> None:
    examples, settings = sites(10, 16, 7), network(batch_size=100)
    difference = np.abs(weights(federated(settings, examples)) - pooled_gradient_descent(settings, examples))
    assert difference.max() < 1e-6


def test_fedprox_without_a_pull_is_fedavg() -> None:
    examples = sites(10, 16)
    plain = weights(federated(network(), examples))
    assert np.array_equal(weights(federated(network({"name": "fedprox", "mu": 0}), examples)), plain)


def test_fedprox_stays_nearer_to_where_a_round_began() -> None:
    examples = sites(10, 16)
    start = packed.draw(build(network()), 1)

    def moved(mu: float) -> float:
        settings = network({"name": "fedprox", "mu": mu}, rounds=1, local_epochs=5)
        return float(np.linalg.norm(weights(federated(settings, examples)) - start))

    assert moved(5.0) < 0.8 * moved(0.0)


def test_scaffold_on_one_site_is_gradient_descent() -> None:
    examples = sites(24)
    plain = weights(federated(network(), examples))
    difference = np.abs(weights(federated(network({"name": "scaffold"}), examples)) - plain)
    assert difference.max() < 1e-6


def test_scaffold_differs_from_fedavg_on_several_sites() -> None:
    examples = sites(10, 16)
    plain = weights(federated(network(), examples))
    assert np.abs(weights(federated(network({"name": "scaffold"}), examples)) - plain).max() > 1e-4


def test_scaffold_keeps_the_mean_of_the_sites_variates() -> None:
    examples = sites(10, 16, 6)
    trained = federated(network({"name": "scaffold"}), examples)
    patients = sum(map(len, examples.values()))
    mean = sum(
        len(examples[name]) / patients * site.kept.after(3)[0]["control"].astype(float)
        for name, site in trained.sites.items()
    )
    assert np.abs(mean - trained.state.slots["control"][0]).max() < 1e-6


def test_fednova_is_fedavg_where_all_sites_take_as_many_steps() -> None:
    examples = sites(16, 16)
    plain = weights(federated(network(), examples))
    assert np.abs(weights(federated(network({"name": "fednova"}), examples)) - plain).max() < 1e-6


def test_fednova_takes_out_the_number_of_steps() -> None:
    """A site with more steps pulls the mean less than under FedAvg."""
    examples = sites(8, 40)
    plain, nova = (weights(federated(network({"name": name}, rounds=1), examples)) for name in ("fedavg", "fednova"))
    start = packed.draw(build(network()), 1)
    alone = weights(federated(network(rounds=1), {"site-0": examples["site-0"]})) - start

    def share(weights: Vector) -> float:
        return float((weights - start) @ alone / np.linalg.norm(weights - start) / np.linalg.norm(alone))

    assert share(nova) > share(plain)


@pytest.mark.parametrize("norm", ["group", "batch", "instance"])
def test_fedbn_leaves_norms_at_their_site(norm: str) -> None:
    examples = sites(10, 16)
    trained = federated(network({"name": "fedbn"}, norm=norm), examples)
    strategy = next(iter(trained.sites.values())).strategy
    start, norms = packed.draw(build(network(norm=norm)), 1), strategy.parts.norm
    assert np.array_equal(weights(trained)[norms], start[norms])
    first, second = (site.kept.after(3)[0]["norms"][norms] for site in trained.sites.values())
    assert np.abs(first - second).max() > 1e-4
    assert int(strategy.travels.sum()) == len(norms) - int(norms.sum()) < len(norms)


def test_running_means_of_batch_norm_are_averaged() -> None:
    examples = sites(16, 16)
    trained = federated(network(norm="batch", rounds=1), examples)
    own = [weights(federated(network(norm="batch", rounds=1), {name: example})) for name, example in examples.items()]
    unlearned = ~next(iter(trained.sites.values())).strategy.parts.learned
    assert unlearned.any()
    assert np.abs(weights(trained)[unlearned] - np.mean(own, axis=0)[unlearned]).max() < 1e-6


def test_ditto_trains_the_global_model_of_fedavg_and_a_nearer_personal_one() -> None:
    examples = sites(10, 16)
    plain = weights(federated(network(), examples))

    def distance(attachment: float) -> float:
        trained = federated(network({"name": "ditto", "attachment": attachment}), examples)
        assert np.array_equal(weights(trained), plain)
        return sum(float(np.linalg.norm(site.kept.after(3)[0]["personal"] - plain)) for site in trained.sites.values())

    assert distance(10.0) < distance(0.0)


def poisoned(answer: dict[str, Array]) -> dict[str, Array]:
    return {**answer, "update": -6 * answer["update"]}


def loss(settings: Network, examples: dict[str, Examples], **options: Any) -> float:
    """Of the final model on all honest patients."""
    trained = federated(settings, examples, **options)
    last = trained.state
    honest = [site.judge(last) for name, site in trained.sites.items() if name != "site-4"]
    return float(sum(judged["loss"][0] for judged in honest) / sum(judged["judged"][0] for judged in honest))


@pytest.mark.slow
def test_median_and_krum_survive_one_poisoned_site_of_five_where_fedavg_does_not() -> None:
    examples = sites(16, 16, 16, 16, 16)
    poison = {"site-4": poisoned}
    rounds = {"rounds": 8, "learning_rate": 0.2}
    start = loss(network(rounds=1, learning_rate=1e-9), examples)
    assert loss(network(**rounds), examples) < start  # it learns
    assert loss(network({"name": "fedavg", "largest_change": 64}, **rounds), examples, poison=poison) > start
    for name in ("median", "krum", "trimmed_mean"):
        robust = network({"name": name, "dishonest": 1}, **rounds)
        assert loss(robust, examples, poison=poison) < start, name


@pytest.mark.slow
@pytest.mark.parametrize("nonsense", [np.nan, 0.0, 1e6])
def test_robust_aggregation_survives_what_is_no_update(nonsense: float) -> None:
    examples = sites(16, 16, 16, 16, 16)
    poison = {"site-4": lambda answer: {**answer, "update": np.full_like(answer["update"], nonsense)}}
    rounds = {"rounds": 8, "learning_rate": 0.2}
    start = loss(network(rounds=1, learning_rate=1e-9), examples)
    for name in ("median", "krum", "trimmed_mean"):
        assert loss(network({"name": name}, **rounds), examples, poison=poison) < start, name


def test_the_same_seed_gives_the_same_bits() -> None:
    examples = sites(10, 16)
    settings = network(augmentation=Augmentation(rotation_deg=20, noise=0.1), sampling="balanced")
    assert np.array_equal(weights(federated(settings, examples)), weights(federated(settings, examples)))
    other = settings.model_copy(update={"training": settings.training.model_copy(update={"seed": 2})})
    assert not np.array_equal(weights(federated(settings, examples)), weights(federated(other, examples)))


def test_training_ends_where_held_back_patients_are_ranked_no_better() -> None:
    examples = sites(40, 40)
    settings = network(rounds=50, validation=0.25, stop_after=2, learning_rate=1e-7)
    trained = federated(settings, examples)
    assert trained.state.turn < 50
    assert trained.state.stopped(settings.training).all()
    assert np.isfinite(trained.state.final()).all()
