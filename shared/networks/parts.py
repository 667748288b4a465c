"""Kinds of weights of a network, as strategies need them."""

import numpy as np
from torch import nn

from shared.networks.weights import layout
from shared.strategies.strategy import Parts


def parts_of(model: nn.Module) -> Parts:
    """Which weights are learned by gradients, and which are of normalization layers."""
    entries = layout(model)
    return Parts(
        learned=np.concatenate([np.full(entry.size, entry.learned) for entry in entries]),
        norm=np.concatenate([np.full(entry.size, entry.norm) for entry in entries]),
    )
