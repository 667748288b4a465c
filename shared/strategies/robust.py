"""Median, trimmed mean and Krum: aggregation that a few dishonest sites cannot move far.

They compare the sites' updates, so the coordinator reads each one: a study says so, and `approve` shows it. Sites
count equally: what a site says about its patients could be a lie too.

References: Yin et al., ICML 2018 (median, trimmed mean); Blanchard et al., NeurIPS 2017 (Krum).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from shared.errors import Code, MrfedError
from shared.sections.network import Robust as Settings
from shared.strategies import robust_aggregates
from shared.strategies.strategy import Strategy, Vector

_AGGREGATES: Mapping[str, Callable[[Vector, int], Vector]] = MappingProxyType(
    {
        "median": lambda updates, _: robust_aggregates.median(updates),
        "trimmed_mean": robust_aggregates.trimmed_mean,
        "krum": lambda updates, dishonest: updates[robust_aggregates.multi_krum(updates, dishonest, keep=1)[0]],
    }
)
"""One update of those of all sites, of which so many may be dishonest."""


class Robust(Strategy[Settings]):
    """FedAvg with another mean."""

    def aggregate(self, updates: Vector) -> tuple[Vector, list[int]]:
        """One update of all sites.

        Parameters
        ----------
        updates : (sites, travelling) of the sites that train this fit

        Returns
        -------
        (travelling,), and which sites were left out for a norm beyond the study's

        Raises
        ------
        MrfedError (`QUORUM`) where too few sites are left for as many dishonest ones as the study withstands.
        """
        norms = np.linalg.norm(np.asarray(updates, dtype=np.float64), axis=1)
        # not `norms > limit`: a norm that is no number is beyond it
        refused = ~(norms <= self.settings.largest_norm)
        left, dishonest = updates[~refused], max(0, self.settings.dishonest - int(refused.sum()))
        try:
            agreed = _AGGREGATES[self.settings.name](left, dishonest)
        except ValueError as error:
            raise MrfedError(Code.QUORUM, f"strategy {self.settings.name}: {error}") from error
        return np.asarray(agreed, dtype=np.float32), np.flatnonzero(refused).tolist()
