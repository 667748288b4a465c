"""SCAFFOLD: control variates take out the drift of each site.

With option II of the paper a site's variate is its mean gradient of the round before, whatever was corrected:

    c_k' = c_k - c + (x - y_k) / (steps x rate)
    x' = x + rate_g sum_k p_k (y_k - x)
    c' = c + sum_k p_k (c_k' - c_k)

Reference: Karimireddy et al., ICML 2020, algorithm 1.
"""

import numpy as np

from shared.sections.network import Scaffold as Settings
from shared.strategies.strategy import Correction, Sent, Strategy, Vector, Vectors, Work


class Scaffold(Strategy[Settings]):
    """Changes and variates, both as sums."""

    slots = ("control",)
    sends = ("update", "control")
    keeps = ("control",)

    def correction(self, slots: Vectors, kept: Vectors) -> Correction:
        """See `Strategy.correction`."""
        return Correction(shift=slots["control"] - kept.get("control", np.float32(0)))

    def send(self, work: Work, slots: Vectors, kept: Vectors) -> Sent:
        """See `Strategy.send`."""
        learned = self.parts.learned
        before = kept.get("control", np.zeros_like(work.start))
        after = np.where(learned, before - slots["control"] - work.change / np.float32(work.path), np.float32(0))
        return Sent({"update": work.change, "control": after - before}, kept={"control": after})

    def change(self, turn: int, totals: Vectors, slots: Vectors) -> tuple[Vector, dict[str, Vector]]:
        """See `Strategy.change`."""
        del turn
        control = slots["control"] + totals["control"]
        return np.float32(self.settings.server_rate) * totals["update"], {"control": control}
