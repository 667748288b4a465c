"""FedProx: sites are pulled towards the global weights by (mu / 2) |w - w_t|^2.

Reference: Li et al., MLSys 2020, equation 2.
"""

from shared.sections.network import FedProx as Settings
from shared.strategies.strategy import Correction, Strategy, Vectors


class FedProx(Strategy[Settings]):
    """FedAvg with a proximal term."""

    def correction(self, slots: Vectors, kept: Vectors) -> Correction:
        """The gradient of the proximal term."""
        del slots, kept
        return Correction(pull=self.settings.mu)
