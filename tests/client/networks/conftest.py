"""Small images of which the classes differ, and a small study of them."""

from collections.abc import Callable

import numpy as np
import pytest

from client.networks.examples import Examples
from shared.sections.network import Input, LocalTraining, Network, SmallCnn

MakeExamples = Callable[[int, int], Examples]


def bright_lesions(patients: int, seed: int, edge: int = 12) -> Examples:
    """Noise with a spot in the middle, brighter in every second patient."""
    random = np.random.default_rng(seed)
    positive = np.arange(patients) % 2 == 1
    images = random.normal(size=(patients, 2, edge, edge))
    middle = slice(edge // 3, 2 * edge // 3)
    images[:, 0, middle, middle] += np.where(positive, 1.5, 0.0)[:, None, None]
    inside = np.zeros((patients, edge, edge), dtype=bool)
    inside[:, middle, middle] = True
    return Examples.of(images.astype(np.float32), positive, inside=inside)


@pytest.fixture
def lesions() -> MakeExamples:
    return bright_lesions


@pytest.fixture
def network() -> Network:
    """A small CNN, two rounds, no randomness but its start and its order."""
    return Network(
        input=Input(channels=("early", "late"), size=(12, 12)),
        architecture=SmallCnn(width=4),
        training=LocalTraining(rounds=2, batch_size=8, learning_rate=0.05, sampling="natural", gradient_clip=None),
    )
