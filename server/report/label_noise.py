"""How the AUC within sites would change if labels had been misread: at all sites, and at each alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from server.report import words
from shared.metrics.label_noise import true_auc
from shared.results.evaluation import SiteEvaluation

MISREAD = (0.05, 0.10, 0.15, 0.20, 0.25)
"""Shares of each class: IHC 0 and 1+ are read differently by departments to about this extent."""


@dataclass(frozen=True)
class Row:
    """Where labels were misread, and the AUC within sites against the true ones at each share of `MISREAD`."""

    where: str
    aucs: tuple[float | None, ...]
    refuted: tuple[tuple[str, ...], ...]
    """At each share the sites whose numbers so much misreading cannot have given; their AUC is None there."""


def rows(sites: Sequence[SiteEvaluation]) -> tuple[Row, ...]:
    """The table; empty where no site shows its AUC.

    Parameters
    ----------
    sites : of one view
    """
    shown = [site for site in sites if site.auc is not None and site.positives and site.negatives]
    if not shown:
        return ()
    every = [site.site for site in shown]
    where = "all sites" if len(shown) == len(sites) else f"all of {words.listed(every)}"
    return (_row(where, shown, every), *(_row(site, shown, [site]) for site in every))


def _row(where: str, shown: Sequence[SiteEvaluation], misread: Sequence[str]) -> Row:
    refuted = tuple(
        tuple(site.site for site in shown if site.site in misread and isnan(_true(site, share))) for share in MISREAD
    )
    return Row(where, tuple(_within(shown, dict.fromkeys(misread, share)) for share in MISREAD), refuted)


def _within(sites: Sequence[SiteEvaluation], misread: Mapping[str, float]) -> float | None:
    pairs, total = 0, 0.0
    for site in sites:
        own_pairs = (site.positives or 0) * (site.negatives or 0)
        total += own_pairs * _true(site, misread.get(site.site, 0.0))
        pairs += own_pairs
    return None if isnan(total) else total / pairs


def _true(site: SiteEvaluation, share: float) -> float:
    """NaN where so much misreading cannot have given the site's numbers."""
    return true_auc(site.auc or 0.0, site.positives or 0, site.negatives or 0, share, share)
