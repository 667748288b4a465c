"""How the AUC within sites would change if labels had been misread: at all sites, and at each alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from shared.metrics.label_noise import true_auc
from shared.results.evaluation import SiteEvaluation

MISREAD = (0.05, 0.10, 0.15, 0.20, 0.25)
"""Shares of each class: IHC 0 and 1+ are read differently by departments to about this extent."""


@dataclass(frozen=True)
class Row:
    """Where labels were misread, and the AUC within sites against the true ones at each share of `MISREAD`."""

    where: str
    aucs: tuple[float | None, ...]


def rows(sites: Sequence[SiteEvaluation]) -> tuple[Row, ...]:
    """The table; empty where no site shows its AUC.

    Parameters
    ----------
    sites : of one view
    """
    shown = [one for one in sites if one.auc is not None and one.positives and one.negatives]
    if not shown:
        return ()
    everywhere = Row("all sites", tuple(_within(shown, dict.fromkeys([s.site for s in shown], e)) for e in MISREAD))
    alone = [Row(one.site, tuple(_within(shown, {one.site: share}) for share in MISREAD)) for one in shown]
    return (everywhere, *alone)


def _within(sites: Sequence[SiteEvaluation], misread: Mapping[str, float]) -> float | None:
    pairs, total = 0, 0.0
    for one in sites:
        positives, negatives, auc = one.positives or 0, one.negatives or 0, one.auc or 0.0
        share = misread.get(one.site, 0.0)
        total += positives * negatives * true_auc(auc, positives, negatives, share, share)
        pairs += positives * negatives
    return None if isnan(total) else total / pairs
