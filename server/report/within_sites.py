"""The AUC of pairs within sites, its interval and what chance gives: one number for one thing in the whole report."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from server.journal import Exchange
from shared.arrays import Array
from shared.metrics import auc_interval, delong
from shared.metrics.auc import Concordance
from shared.metrics.auc_interval import Stratum
from shared.metrics.dependence import inflation
from shared.results.measure import Interval, IntervalKind
from shared.study.plan import View


@dataclass(frozen=True)
class WithinSites:
    """One arm in one view, over all sites, those included whose own counts are hidden.

    Attributes
    ----------
    view : how the patients were scored
    u : pairs that are ranked rightly, the mean over repetitions
    pairs : of both classes within sites
    strata : the sites; those that are hidden are one
    variance : of the AUC if the patients were independent, from their scores; NaN where nothing tells it
    """

    view: View
    u: float
    pairs: int
    strata: tuple[Stratum, ...]
    variance: float

    @property
    def auc(self) -> float:
        """U over pairs; NaN without a pair."""
        return self.u / self.pairs if self.pairs else nan

    @property
    def constant(self) -> bool:
        """Whether all patients of a site have one score, so that there is no estimate whose error could be told."""
        return self.variance == 0 and abs(self.u - self.pairs / 2) < 1e-6 * self.pairs

    def interval(self) -> Interval | None:
        """95 %; None without a pair, and of a constant."""
        if self.constant:
            return None
        limits = auc_interval.interval(self.auc, self.strata, self.variance, inflation(mutual=self.view.mutual))
        return interval_of(limits, IntervalKind.MUTUAL if self.view.mutual else IntervalKind.UNTOUCHED)

    def chance(self) -> tuple[float, float]:
        """Central 95 % of the AUC of models that learned from labels which say nothing; NaN without a pair."""
        return auc_interval.chance_range(self.strata, inflation(mutual=self.view.mutual))


def interval_of(limits: tuple[float, float], kind: IntervalKind) -> Interval | None:
    """An interval as results have it; None where either end is NaN."""
    return Interval(low=limits[0], high=limits[1], kind=kind) if all(map(isfinite, limits)) else None


def frozen_interval(auc: float, site: Stratum, variance: float) -> Interval | None:
    """95 % of one site's AUC under a model that was frozen before it met its patients.

    Parameters
    ----------
    auc : NaN where a class is missing
    site : its patients
    variance : DeLong's

    Returns
    -------
    None without a pair, and where all have one score
    """
    if variance == 0 and auc == 0.5:
        return None
    return interval_of(auc_interval.interval(auc, [site], variance), IntervalKind.UNTOUCHED)


def within_sites(
    view: View,
    u: float,
    pairs: float,
    patients: float,
    shown: Sequence[tuple[Concordance, float]],
    resampled: Array | None = None,
) -> WithinSites:
    """From totals over all sites and what some sites say of themselves.

    Parameters
    ----------
    view : how the patients were scored
    u, pairs, patients : totals of all sites
    shown : pairs of each site that has enough patients to say, and DeLong's variance, which only frozen models have
    resampled : (resamples,) pairs ranked rightly when patients of all sites are drawn anew, for cross-validated scores
    """
    counted = [(site, spread) for site, spread in shown if site.pairs]
    strata = [Stratum(site.pairs, site.positives + site.negatives) for site, _ in counted]
    hidden = round(pairs) - sum(site.pairs for site, _ in counted)
    known = tuple(strata)
    if hidden > 0:
        # of several hidden sites only the sums are known: as one site they have a variance that is too large, if at all
        strata.append(Stratum(hidden, max(patients - sum(stratum.patients for stratum in strata), 2 * hidden**0.5)))
    within = WithinSites(view, u, round(pairs), tuple(strata), nan)
    if not within.pairs:
        return within
    if view.frozen:
        of_shown = delong.stratified(delong.AucEstimate(site.auc, spread, site.pairs) for site, spread in counted)
        expected = auc_interval.variance(of_shown.auc, known) if of_shown.pairs else nan
        share = of_shown.variance / expected if expected > 0 else nan
        variance = share * auc_interval.variance(within.auc, strata)
    else:
        drawn = np.empty(0) if resampled is None else resampled / within.pairs
        variance = float(drawn.var(ddof=1)) if len(drawn) > 1 else nan
    return WithinSites(view, u, within.pairs, within.strata, variance)


def of_exchange(roster: Sequence[str], exchange: Exchange, rows: Sequence[int], view: View) -> WithinSites:
    """What the sites answered of one arm in one view, for one class.

    Parameters
    ----------
    roster : sites that answered
    exchange : the evaluation
    rows : its repetitions on the axis of what is judged
    view : how the patients were scored
    """
    totals, first, shown = exchange.totals, rows[0], []
    for site in roster:
        clear = exchange.clear[site]
        if clear["shown"][first]:
            negatives, positives = (int(count) for count in clear["class_counts"][first])
            shown.append(
                (Concordance(float(clear["u"][first]), positives, negatives), float(clear["auc_variance"][first]))
            )
    return within_sites(
        view,
        float(np.mean(totals["all_u"][list(rows)])),
        float(totals["all_pairs"][first]),
        float(totals["scores"][first].sum()),
        shown,
        totals["resampled_u"][first],
    )
