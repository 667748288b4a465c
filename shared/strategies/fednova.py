"""FedNova: changes are divided by the local effort, so that sites with more steps do not count more.

With a_k the site's effort: x' = x + (sum_k p_k a_k) sum_k p_k (y_k - x) / a_k.

Reference: Wang et al., NeurIPS 2020, equations 7 and 9; with momentum, section 4.2.
"""

import numpy as np

from shared.sections.network import FedNova as Settings
from shared.strategies.strategy import Sent, Strategy, Vector, Vectors, Work


class FedNova(Strategy[Settings]):
    """Normalized averaging."""

    counts = ("effort",)

    def send(self, work: Work, slots: Vectors, kept: Vectors) -> Sent:
        """See `Strategy.send`. Running means and variances are no gradients, and go as they are."""
        del slots, kept
        scaled = np.where(self.parts.learned, work.change / np.float32(work.effort), work.change)
        return Sent({"update": scaled}, {"effort": work.effort})

    def change(self, turn: int, totals: Vectors, slots: Vectors) -> tuple[Vector, dict[str, Vector]]:
        """See `Strategy.change`."""
        del turn
        return totals["effort"][:, None].astype(np.float32) * totals["update"], dict(slots)
