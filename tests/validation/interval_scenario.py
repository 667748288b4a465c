"""Do intervals hold what they say where sites, or folds, train each other's models? At feature level, many cohorts.

Four sites with scanner effects and prevalences of their own; two models that cannot be told apart, each on one half of
the features, of which none, or one in each half, differs between the classes. Each cohort goes through the functions of
a study: ComBat, selection and training for every fold and left-out site (`shared.training.local_training`), intervals
as the report makes them (`server.report.within_sites`, `server.report.comparison`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from harmonization.combat import Settings, apply, harmonize_pooled
from server.report.comparison import frozen_difference, p_value, resampled_difference
from server.report.within_sites import WithinSites, within_sites
from shared.arrays import Array
from shared.folds import generator, stratified
from shared.metrics import auc, auc_interval, delong
from shared.metrics.bootstrap import resampled_u
from shared.metrics.dependence import inflation
from shared.study.plan import Fit, Fold, LeftOutSite, View
from shared.study.study import Study
from shared.training.local_training import TrainedInMemory
from shared.training.progress import Learned
from shared.training.site_statistics import PatientSet

PATIENTS, PREVALENCES = 30, (0.25, 0.35, 0.5, 0.6)
FEATURES, KEEP, FOLDS, RESAMPLES, TESTED = 20, 3, 5, 100, 1000
LEVEL = 0.05
VIEWS = (View.CROSS_VALIDATION, View.LEFT_OUT_SITE, View.EXTERNAL)
SITES = tuple("abcd")

STUDY = Study.model_validate(
    {
        "name": "interval-scenario",
        "title": "Scanner effects, and no effect of the class or one that is known",
        "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
        "governance": {"ethics": "none needed", "data_use": "synthetic", "expires": "2099-12-31"},
        "selection": {"method": "univariate", "keep": KEEP},
        "model": {"c": 0.1},
        "evaluation": {"folds": FOLDS},
        "privacy": {"site_sums": "derivable"},
        "federation": {"sites": SITES},
    }
)
WIDE = Study.model_validate(STUDY.model_dump() | {"selection": {"method": "all"}})
"""All features of a half, without selection."""


@dataclass(frozen=True)
class Held:
    """One view of one cohort.

    Attributes
    ----------
    covers : whether the interval of the AUC holds the true one of the models that it is about
    excludes : whether it excludes 0.5
    beyond : whether the AUC lies outside the range that chance gives
    differs : whether the paired interval of the two models excludes no difference
    p_value : of the difference; NaN in cross-validation, which has none
    standardized : the AUC less the true one, in standard errors as if patients were independent
    """

    covers: bool
    excludes: bool
    beyond: bool
    differs: bool
    p_value: float
    standardized: float


def cohort(seed: int, effect: float = 0.0, study: Study = STUDY) -> dict[View, Held]:
    """Draw patients, train both models in every fold and without every site, and make the intervals.

    Parameters
    ----------
    seed : of patients and folds
    effect : by how many standard deviations the first feature of either half differs between the classes
    study : whose selection and model are trained
    """
    random = generator(seed, "interval scenario")
    x, y, site = _patients(random, effect, PATIENTS)
    new, new_y, new_site = _patients(random, effect, PATIENTS)
    true, true_y, _ = _patients(random, effect, TESTED // len(SITES), scanners=False)
    folds = np.empty(len(y), dtype=np.int64)
    for one in range(len(SITES)):
        folds[site == one] = stratified(y[site == one], FOLDS, random)
    fits = (
        Fit("final"),
        *(Fit(f"fold-{fold + 1}", Fold(fold)) for fold in range(FOLDS)),
        *(Fit(f"without-{name}", LeftOutSite(name)) for name in SITES),
    )
    trains = np.array(
        [np.ones(len(y), bool), *(folds != k for k in range(FOLDS)), *(site != k for k in range(len(SITES)))]
    )
    everybody, u = _harmonized(x, site, np.ones(len(y), bool)), []
    for fit, rows in zip(fits, trains, strict=True):
        u.append(everybody if not isinstance(fit.left_out, Fold) else _harmonized(x, site, rows))
    unseen = _harmonized(new, new_site, np.ones(len(new), bool))
    half = FEATURES // 2
    scores: dict[View, list[Array]] = {view: [] for view in VIEWS}
    truth: dict[View, list[float]] = {view: [] for view in VIEWS}
    for columns in (slice(0, half), slice(half, FEATURES)):
        places = [
            _place([one[:, columns] for one in u], y, trains),
            _place([unseen[:, columns]] * len(fits), new_y, np.zeros((len(fits), len(new)), bool)),
        ]
        if effect:
            places.append(_place([true[:, columns]] * len(fits), true_y, np.zeros((len(fits), len(true)), bool)))
        trained = TrainedInMemory(study, fits, places, half)
        # where the class has no effect no model knows anything
        known = [
            auc.concordance(trained.risks(2, outer)[:, -1], true_y == 1).auc if effect else 0.5
            for outer in range(len(fits))
        ]
        cross, left_out = np.empty(len(y)), np.empty(len(y))
        for outer, fit in enumerate(fits):
            if fit.view is not None:
                (cross if isinstance(fit.left_out, Fold) else left_out)[~trains[outer]] = trained.risks(0, outer)[
                    ~trains[outer], -1
                ]
        pairs = [auc.concordance(left_out[site == k], y[site == k] == 1).pairs for k in range(len(SITES))]
        scores[View.CROSS_VALIDATION].append(cross)
        scores[View.LEFT_OUT_SITE].append(left_out)
        scores[View.EXTERNAL].append(trained.risks(1, 0)[:, -1])
        truth[View.CROSS_VALIDATION].append(float(np.mean(known[1 : 1 + FOLDS])))
        truth[View.LEFT_OUT_SITE].append(float(np.average(known[1 + FOLDS :], weights=pairs)))
        truth[View.EXTERNAL].append(known[0])
    of_view = {View.EXTERNAL: (new_y, new_site)}
    return {view: _held(view, scores[view], truth[view][0], *of_view.get(view, (y, site)), seed) for view in VIEWS}


def _patients(
    random: np.random.Generator, effect: float, of_site: int, *, scanners: bool = True
) -> tuple[Array, Array, Array]:
    site = np.repeat(np.arange(len(SITES)), of_site)
    y = (random.random(len(site)) < np.array(PREVALENCES)[site]).astype(np.int64)
    x = random.normal(size=(len(site), FEATURES))
    x[:, :: FEATURES // 2] += effect * y[:, None]
    if scanners:
        shift, scale = random.normal(0, 1, (len(SITES), FEATURES)), random.uniform(0.6, 1.6, (len(SITES), FEATURES))
        x = shift[site] + scale[site] * x
    return x, y, site


def _harmonized(x: Array, site: Array, trains: Array) -> Array:
    """(n, features) of everybody by ComBat of the training patients, without labels."""
    nothing, names = np.zeros((len(x), 0)), site.astype(str)
    found = harmonize_pooled(x[trains], names[trains], nothing[trains], Settings())
    out = np.empty_like(x)
    for one, of_batch in found.effects.items():
        rows = names == one
        out[rows] = apply(x[rows], nothing[rows], found.consensus, of_batch)
    return np.asarray((out - found.consensus.alpha) / np.sqrt(found.consensus.variance))


def _place(u: list[Array], y: Array, trains: Array) -> Callable[[Learned], PatientSet]:
    def members(learned: Learned) -> PatientSet:
        del learned
        return PatientSet(
            values=lambda task: u[task], source=lambda task: task, outcome=lambda fit: y, trains=lambda fit: trains[fit]
        )

    return members


def _held(view: View, scores: list[Array], true: float, y: Array, site: Array, seed: int) -> Held:
    own, other = (_within(view, one, scores[0], y, site, seed) for one in scores)
    interval, (low, high) = own[0].interval(), own[0].chance()
    assert interval is not None
    difference = other[0].auc - own[0].auc
    if view.frozen:
        variance, pairs = 0.0, own[0].pairs
        for one in range(len(SITES)):
            rows = site == one
            counted = auc.concordance(scores[0][rows], y[rows] == 1)
            error = delong.compare(scores[1][rows], scores[0][rows], y[rows] == 1).standard_error
            variance += (counted.pairs / pairs * error) ** 2
        variance *= inflation(mutual=view.mutual)
        apart, p = frozen_difference(difference, variance, view), p_value(difference, variance)
    else:
        apart, p = resampled_difference(difference, difference, (other[1] - own[1]) / own[0].pairs), np.nan
    assert apart is not None
    return Held(
        covers=interval.low <= true <= interval.high,
        excludes=not interval.low <= 0.5 <= interval.high,
        beyond=not low <= own[0].auc <= high,
        differs=not apart.low <= 0 <= apart.high,
        p_value=p,
        standardized=(own[0].auc - true) / np.sqrt(auc_interval.variance(true, own[0].strata)),
    )


def _within(view: View, scores: Array, order: Array, y: Array, site: Array, seed: int) -> tuple[WithinSites, Array]:
    """As the coordinator makes it of what sites answer, and the pairs of the resamples."""
    shown, drawn = [], np.zeros(RESAMPLES)
    for one in range(len(SITES)):
        rows, positive = site == one, y[site == one] == 1
        counted, variance = auc.concordance(scores[rows], positive), delong.estimate(scores[rows], positive).variance
        shown.append((counted, variance))
        drawn += resampled_u(scores[rows], positive, RESAMPLES, generator(seed, "resamples", str(one)), order[rows])
    u, pairs = sum(one.u for one, _ in shown), sum(one.pairs for one, _ in shown)
    return within_sites(view, u, pairs, len(y), shown, drawn), drawn


@dataclass(frozen=True)
class Counts:
    """How many of some cohorts went wrong in one view; names as those of `Held`."""

    missed: int
    excludes: int
    beyond: int
    differs: int
    rejected: int


def counts(cohorts: Sequence[dict[View, Held]], view: View) -> Counts:
    """Add up.

    Parameters
    ----------
    cohorts : of `cohort`
    view : which
    """
    found = [one[view] for one in cohorts]
    return Counts(
        missed=sum(not one.covers for one in found),
        excludes=sum(one.excludes for one in found),
        beyond=sum(one.beyond for one in found),
        differs=sum(one.differs for one in found),
        rejected=sum(one.p_value < LEVEL for one in found),
    )


def most(cohorts: int, level: float = LEVEL) -> int:
    """Most errors that an interval of this level has in so many cohorts, 99 % of the time."""
    return int(binom.ppf(0.99, cohorts, level))
