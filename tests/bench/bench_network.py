"""A federated round under masks against a bare PyTorch and MONAI loop that takes the same steps; what it sends.

Three sites of 80 to 88 patients, three fits, an epoch a round. What a round costs beside the steps depends on weights,
fits and sites, and not on patients: with fewer patients it is a larger part.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from monai.transforms import RandFlip
from numpy.typing import NDArray
from torch import Tensor, nn

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.network import NetworkTraining
from client.networks.examples import Examples
from client.networks.sampling import batches, epoch
from client.site.site_file import Site
from server.journal import Exchange
from shared.networks import weights as packed
from shared.networks.registry import build
from shared.results.result import Result
from shared.sections.learning import Evaluation
from shared.sections.network import Network
from shared.sections.privacy import Privacy
from shared.study.study import Study
from simulations.simulate import simulate
from tests.bench.figure import Figure
from tests.network_hospitals import CHANNELS, hospitals, network_study

PATIENTS, FOLDS, ROUNDS, BATCH = 80, 2, 6, 16


def study() -> Study:
    """ResNet-10 on crops of 64 x 64 pixels, three fits."""
    network = {
        "input": {"channels": CHANNELS, "size": [64, 64]},
        "architecture": {"name": "resnet10", "width": 16},
    }
    training = {"rounds": ROUNDS, "batch_size": BATCH, "augmentation": {"flips": True}}
    return network_study(
        network,
        training,
        evaluation=Evaluation(folds=FOLDS, leave_one_site_out=False),
        privacy=Privacy(minimum_patients=2),
    )


class Bare:
    """The same steps without a study: judge the mean model, train it at each site, take the mean.

    Parameters
    ----------
    network : the study's section
    examples : of each site
    trains : of each site (fits, patients)
    """

    def __init__(self, network: Network, examples: list[Examples], trains: list[NDArray[np.bool_]]) -> None:
        self._network, self._examples, self._trains = network, examples, trains
        self._model = build(network)
        self._means = [packed.draw(self._model, 1) for _ in trains[0]]
        self._flips = [RandFlip(prob=0.5, spatial_axis=axis) for axis in range(2)]
        self._random = np.random.default_rng(1)

    def round(self) -> None:
        """One round of all fits."""
        for fit, mean in enumerate(self._means):
            total, count = np.zeros_like(mean), 0
            for own, rows in zip(self._examples, self._trains, strict=True):
                chosen = own[rows[fit]]
                packed.put(self._model, mean)
                _judge(self._model, chosen)
                _epoch(self._model, chosen, self._network, self._flips, self._random)
                total, count = total + len(chosen) * packed.get(self._model), count + len(chosen)
            self._means[fit] = (total / count).astype(np.float32)


def side_by_side(asked: Study, sites: list[Site], folder: Path) -> tuple[list[float], Result]:
    """Processor seconds of each round over those of a bare one straight after it, the first left aside."""
    started, ratios, bare = 0.0, list[float](), list[Bare]()

    def note(exchange: Exchange) -> None:
        nonlocal started
        if not exchange.step.startswith("round-"):
            return
        spent = time.process_time() - started
        if not bare:
            bare.append(_bare(asked, sites))
        begun = time.process_time()
        bare[0].round()
        if started:
            ratios.append(spent / (time.process_time() - begun))
        started = time.process_time()

    result = simulate(asked, sites, folder, on_exchange=note)
    return ratios, result


def _bare(asked: Study, sites: list[Site]) -> Bare:
    assert asked.network is not None
    examples, trains = [], []
    for site in sites:
        approved = approval.latest(site.workspace, asked.digest)
        assert approved is not None
        own = Run(site, approved, "simulation")
        examples.append(own.part(NetworkTraining).examples[0])
        trains.append(np.stack([own.trains(fit) for fit in own.fits]))
    return Bare(asked.network, examples, trains)


def _judge(model: nn.Module, chosen: Examples) -> None:
    with torch.inference_mode():
        model.eval()
        for start in range(0, len(chosen), 64):
            model(chosen.images[start : start + 64], chosen.variables[start : start + 64])


def _epoch(
    model: nn.Module, chosen: Examples, network: Network, flips: list[RandFlip], random: np.random.Generator
) -> None:
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=network.training.learning_rate)
    positive = chosen.positive.numpy() > 0
    for rows in batches(epoch(positive, network.training.sampling, random), BATCH):
        optimizer.zero_grad(set_to_none=True)
        images: list[Tensor] = []
        for image in chosen.images[rows]:
            for flip in flips:
                image = flip(image)
            images.append(torch.as_tensor(image))
        logits = model(torch.stack(images), chosen.variables[rows])
        nn.functional.binary_cross_entropy_with_logits(logits, chosen.positive[rows]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), network.training.gradient_clip or 1e9)
        optimizer.step()


def figures() -> Iterator[Figure]:
    """Run a study, and a bare round after each of its rounds, in one process."""
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    asked = study()
    with tempfile.TemporaryDirectory() as name:
        sites = hospitals(Path(name) / "hospitals", patients=PATIENTS)
        ratios, result = side_by_side(asked, sites, Path(name) / "coordinator")
    logging.disable(logging.NOTSET)
    assert result.network is not None
    (last,) = (exchange for exchange in result.exchanges if exchange.step == f"round-{ROUNDS - 1}")
    most = max(traffic.bytes_up + traffic.bytes_down for traffic in last.traffic)
    twice = 2 * 4 * result.network.averaged * result.network.fits
    more = 100 * (float(np.median(ratios)) - 1)
    yield Figure("network.weights", result.network.averaged, "weights of ResNet-10", "lower")
    yield Figure("network.round_over_bare_loop", more, "% more processor time", "lower", 5)
    yield Figure("network.traffic_over_twice_the_weights", 100 * (most / twice - 1), "% more bytes", "lower", 1)
