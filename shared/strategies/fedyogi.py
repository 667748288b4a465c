"""FedYogi: as FedAdam, with a second moment that grows and shrinks by steps of bounded size.

Reference: Reddi et al., ICLR 2021, algorithm 2.
"""

import numpy as np

from shared.sections.network import FedYogi as Settings
from shared.strategies.strategy import Strategy, Vector, Vectors


class FedYogi(Strategy[Settings]):
    """A learning rate for each weight."""

    slots = ("first", "second")

    def change(self, turn: int, totals: Vectors, slots: Vectors) -> tuple[Vector, dict[str, Vector]]:
        """See `Strategy.change`."""
        del turn
        own, delta = self.settings, self.spread(totals["update"])
        first = own.beta_1 * slots["first"] + (1 - own.beta_1) * delta
        second = slots["second"] - (1 - own.beta_2) * delta**2 * np.sign(slots["second"] - delta**2)
        change = np.float32(own.server_rate) * first / (np.sqrt(second) + np.float32(own.tau))
        return change, {"first": first, "second": second}
