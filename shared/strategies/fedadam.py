"""FedAdam: Adam over rounds, the mean change as its gradient.

Reference: Reddi et al., ICLR 2021, algorithm 2; the rate is corrected for the start as in Kingma and Ba, ICLR 2015,
with the rounds counted as Flower counts them.
"""

import numpy as np

from shared.sections.network import FedAdam as Settings
from shared.strategies.strategy import Strategy, Vector, Vectors


class FedAdam(Strategy[Settings]):
    """A learning rate for each weight."""

    slots = ("first", "second")

    def change(self, turn: int, totals: Vectors, slots: Vectors) -> tuple[Vector, dict[str, Vector]]:
        """See `Strategy.change`."""
        own, delta = self.settings, self.spread(totals["update"])
        first = own.beta_1 * slots["first"] + (1 - own.beta_1) * delta
        second = own.beta_2 * slots["second"] + (1 - own.beta_2) * delta**2
        rate = own.server_rate * np.sqrt(1 - own.beta_2 ** (turn + 2)) / (1 - own.beta_1 ** (turn + 2))
        change = np.float32(rate) * first / (np.sqrt(second) + np.float32(own.tau))
        return change.astype(np.float32), {"first": first, "second": second}
