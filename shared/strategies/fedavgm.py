"""FedAvgM: momentum over rounds.

Reference: Hsu, Qi, Brown, arXiv:1909.06335, section 4.3.
"""

from shared.sections.network import FedAvgM as Settings
from shared.strategies.strategy import Strategy, Vector, Vectors


class FedAvgM(Strategy[Settings]):
    """The mean change goes through a heavy ball."""

    slots = ("velocity",)

    def change(self, turn: int, totals: Vectors, slots: Vectors) -> tuple[Vector, dict[str, Vector]]:
        """See `Strategy.change`."""
        del turn
        velocity = self.settings.momentum * slots["velocity"] + self.spread(totals["update"])
        return self.settings.server_rate * velocity, {"velocity": velocity}
