"""FedBN: normalization layers stay at their site, everything else is averaged.

A site that never trained (a left-out one) has no layers of its own, and predicts with those that all began with.

Reference: Li et al., ICLR 2021, algorithm 1.
"""

import numpy as np
from numpy.typing import NDArray

from shared.sections.network import FedBN as Settings
from shared.strategies.strategy import Sent, Strategy, Vector, Vectors, Work


class FedBN(Strategy[Settings]):
    """FedAvg without the norms."""

    keeps = ("norms",)

    @property
    def travels(self) -> NDArray[np.bool_]:
        """See `Strategy.travels`."""
        return ~self.parts.norm

    def start(self, weights: Vector, kept: Vectors) -> Vector:
        """See `Strategy.start`."""
        return np.where(self.parts.norm, kept["norms"], weights) if kept else weights

    def send(self, work: Work, slots: Vectors, kept: Vectors) -> Sent:
        """See `Strategy.send`."""
        sent = super().send(work, slots, kept)
        return Sent(sent.vectors, kept={"norms": np.where(self.parts.norm, work.end, np.float32(0))})
