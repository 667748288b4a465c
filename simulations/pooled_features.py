"""Features of all patients on one common scale, by a harmonization fitted on one table of each fit's training patients.

Of the federated run only who enters and who trains what is taken. Transforms, ComBat, CovBat's components and the
means of missing values are found on the pooled rows.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import yeojohnson_llf

from client.cohort.harmonize import Cohort, Effects, Fitted, estimate, harmonize, learners, residuals, settings
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from harmonization.combat import harmonize_pooled
from harmonization.covbat import components, fit_scores
from harmonization.normal_scores import cell_counts, normal_scores
from harmonization.power import GRID, yeo_johnson
from harmonization.products import site_products
from shared.arrays import Array
from shared.sections.harmonization import Method, Transform
from shared.study.plan import Fit


class PooledFeatures:
    """Harmonized features of the pooled table.

    Parameters
    ----------
    runs : every site's part in the run
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs, self._study = runs, runs[0].study
        self._section = self._study.harmonization
        self._site = np.concatenate([np.full(len(run.table.y), run.site.name) for run in runs])
        self._batch = np.concatenate([self._labels(run) for run in runs])
        self._known: dict[Fit, Array] = {}

    def _labels(self, run: Run) -> Array:
        """(n,) batch of each patient of a site; one of its own, unless the study joins it with those of others."""
        joined = self._section.joined
        return np.array([label if label in joined else f"{run.site.name} {label}" for label in map(str, run.batch)])

    def trains(self, fit: Fit) -> Array:
        """(n,) who trains a fit."""
        return np.concatenate([run.trains(fit) for run in self._runs])

    def measured(self, fit: Fit) -> Array:
        """(n, features) on the common scale; NaN where missing."""
        if fit not in self._known:
            self._known[fit] = self._harmonize(fit)
        return self._known[fit]

    def harmonized(self, fit: Fit) -> Array:
        """(n, features) on the common scale; where missing, the mean of those who train the fit."""
        return imputed(self.measured(fit), self.trains(fit))

    def unharmonized(self, fit: Fit) -> Array:
        """(n, features) as they are, about their mean in units of their spread; where missing, as `harmonized`."""
        x = imputed(self._cohort(fit).x, self.trains(fit))
        spread = x.std(axis=0)
        return np.asarray((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0))

    def _cohort(self, fit: Fit) -> Cohort:
        """Everybody, as ComBat takes them: the class of whom does not train the fit is not known to it."""
        cohorts = [run.part(Harmonized).cohort_of(fit) for run in self._runs]
        x, z = np.concatenate([cohort.x for cohort in cohorts]), np.concatenate([cohort.z for cohort in cohorts])
        trains = self.trains(fit)
        first = z.shape[1] - len(self._study.endpoint_columns)
        z[~trains, first:] = z[trains, first:].mean(axis=0)
        return Cohort(self._straight(x, trains), z, self._batch)

    def _straight(self, x: Array, trains: Array) -> Array:
        """(n, features) transformed by what the training patients have in common."""
        transform = self._section.transform
        if transform is Transform.NONE:
            return x
        learned, batch = x[trains], self._batch[trains]
        within = learned.copy()
        for label in np.unique(batch):
            within[batch == label] -= _means(within[batch == label])
        variance = np.nansum(within**2, axis=0) / np.maximum((~np.isnan(within)).sum(axis=0), 1)
        u = (x - _means(learned)) / np.sqrt(np.where(variance > 0, variance, 1.0))
        if transform is Transform.RANK:
            return normal_scores(u, cell_counts(u[trains]))
        return yeo_johnson(u, np.array([_likeliest(column[np.isfinite(column)]) for column in u[trains].T]))

    def _harmonize(self, fit: Fit) -> Array:
        section, trains, everybody = self._section, self.trains(fit), self._cohort(fit)
        learned = everybody[trains]
        pooled = harmonize_pooled(learned.x, learned.batch, learned.z, settings(section), self._reference(fit))
        incomplete = np.flatnonzero(np.isnan(everybody.x).any(axis=0))
        if section.method is Method.NONE:
            return harmonize(everybody, Fitted(pooled.consensus, incomplete), Effects())
        joined = {label: effect for label, effect in pooled.effects.items() if label in section.joined}
        fitted, features = Fitted(pooled.consensus, incomplete, joined), dict(pooled.effects)
        scores = {}
        if section.method is Method.COVBAT:
            residual = residuals(everybody, fitted, Effects(features))[trains]
            common = components(site_products(residual, learned.batch), section.share)
            fitted = Fitted(pooled.consensus, incomplete, joined, common)
            scores = {label: fit_scores(residual[learned.batch == label], common) for label in features}
        for run in self._runs:
            if fit.leaves_out(run.site.name):
                own = self._left_out(run, everybody, fitted)
                features, scores = features | dict(own.features), scores | dict(own.scores)
        return harmonize(everybody, fitted, Effects(features, scores))

    def _reference(self, fit: Fit) -> str | None:
        """Batch to which the others are brought; a fit that leaves its site out has none."""
        site = self._section.reference_site
        if site is None or fit.leaves_out(site):
            return None
        return str(self._batch[self._site == site][0])

    def _left_out(self, run: Run, everybody: Cohort, fitted: Fitted) -> Effects:
        """Effects of the batches of a site that a fit leaves out."""
        left_out = everybody[self._site == run.site.name]
        nobody = np.zeros(len(left_out.x), dtype=bool)
        learn = learners(self._section, nobody, run.part(Harmonized).borrowed, True)
        return estimate(left_out, fitted, self._section, learn)


def imputed(values: Array, trains: Array) -> Array:
    """(n, features) with the mean of those who train in place of what is missing."""
    return np.where(np.isnan(values), _means(values[trains]), values)


def _means(values: Array) -> Array:
    """(features,) over those who have a value."""
    return np.asarray(np.nansum(values, axis=0) / np.maximum((~np.isnan(values)).sum(axis=0), 1))


def _likeliest(values: Array) -> float:
    """Power of the grid at which values are likeliest normal, by SciPy; 1 where nothing varies, or nothing is."""
    if len(np.unique(values)) < 2:
        return 1.0
    return float(max(GRID, key=lambda power: yeojohnson_llf(power, values)))
