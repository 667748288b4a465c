"""Every form of network, by its name in the study file."""

from collections.abc import Callable
from typing import Any

from torch import nn

from shared.networks.classifier import Classifier
from shared.networks.densenet import densenet121
from shared.networks.resnet import resnet10
from shared.networks.small_cnn import small_cnn
from shared.networks.temporal import temporal
from shared.sections.network import Input, Mlp, Network


def _mlp(_: Mlp, __: Input) -> tuple[None, int]:
    return None, 0


BODIES: dict[str, Callable[[Any, Input], tuple[nn.Module | None, int]]] = {
    "resnet10": resnet10,
    "densenet121": densenet121,
    "small_cnn": small_cnn,
    "mlp": _mlp,
    "temporal": temporal,
}


def build(network: Network) -> Classifier:
    """The network of a study, its weights not yet set (`shared.networks.weights`)."""
    body, values = BODIES[network.architecture.name](network.architecture, network.input)
    return Classifier(body, values, network)
