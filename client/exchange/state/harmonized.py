"""The site's features on the common scale, in every fit of a run."""

import logging
from dataclasses import replace
from functools import cached_property

import numpy as np

from client.cohort import far_values, folds
from client.cohort.harmonize import (
    NO_EFFECTS,
    Cohort,
    Effects,
    Fitted,
    common_scale,
    estimate,
    harmonize,
    learners,
    settings,
)
from client.exchange.run import Run
from harmonization import fits
from harmonization.covbat import Components, all_components
from harmonization.federated import Consensus
from harmonization.fits import Agreed, Joins
from harmonization.normalizing_transform import NormalizingTransform, normalizing_transforms
from harmonization.rank import Called
from shared.arrays import Array
from shared.sections.harmonization import Method, Transform
from shared.step import Step
from shared.study.omissions import omission_of
from shared.study.plan import Fit

log = logging.getLogger(__name__)


class Harmonized:
    """A site's features in units of the pooled within-batch standard deviation, about the common mean.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._section = run.study.harmonization

    @cached_property
    def cohort(self) -> Cohort:
        """What harmonization needs to know of this site's patients, with the features of the final fit."""
        run = self._run
        z = run.design(run.categories)[0]
        classes = np.arange(1, 1 + len(run.study.endpoint_columns))
        return Cohort(run.table.x, np.hstack([z, run.table.y[:, None] == classes]), run.batch)

    def cohort_of(self, fit: Fit) -> Cohort:
        """The same with the features of one fit: habitats differ with the site that it leaves out."""
        return replace(self.cohort, x=self._run.table.x_of(omission_of(fit, self._run.omissions)))

    @cached_property
    def incomplete(self) -> Array:
        """Which features some patient of some site lacks."""
        return self._run.facts.lacking

    @cached_property
    def joins(self) -> Joins:
        """Batches that sites share."""
        normalized = self._section.transform is not Transform.NONE
        return Joins.about(self._section.joined, self._run.told(Step.DESCRIBE), transformed=normalized)

    @cached_property
    def _normalizing_transforms(self) -> tuple[NormalizingTransform, ...]:
        described, transform_sums = self._run.told(Step.DESCRIBE), self._run.told(Step.TRANSFORM)
        return normalizing_transforms(described, transform_sums, self._run.scales.spread)

    def normalized(self, index: int) -> Cohort:
        """The cohort in one fit, as ComBat takes it: transformed where the study says so."""
        cohort = self.cohort_of(self._run.fits[index])
        if self._section.transform is Transform.NONE:
            return cohort
        return replace(cohort, x=self._normalizing_transforms[index].apply(cohort.x))

    @cached_property
    def agreed(self) -> Agreed:
        """What all sites agree on for harmonization, for all fits."""
        run = self._run
        called = Called(run.columns, [fit.words for fit in run.fits], run.table.features)
        return fits.agree(run.told(Step.HARMONIZE), called, self.incomplete, self.joins)

    @property
    def consensus(self) -> Consensus:
        """The regression from which batches deviate, for all fits."""
        return self.agreed.consensus

    @cached_property
    def _components(self) -> tuple[Components, ...]:
        return all_components(self._run.told(Step.COVARIANCE), self._section.share)

    @cached_property
    def calibration(self) -> Array:
        """(n,) patients from whom the site harmonizes itself where it is left out; not evaluated there."""
        return folds.calibration_subset(self._run.study, self._run.site, self._run.table)

    def combat(self, index: int) -> Fitted:
        """What all sites agree on in one fit, as far as ComBat goes."""
        joined = self.agreed.effects(index, settings(self._section)) if self._section.joined else {}
        return Fitted(self.agreed.consensus.fit(index), self.incomplete, joined)

    def fitted(self, index: int) -> Fitted:
        """The same, with CovBat's components where the study asks for them."""
        combat = self.combat(index)
        if self._section.method is not Method.COVBAT:
            return combat
        return Fitted(combat.consensus, combat.incomplete, combat.joined, self._components[index])

    def effects(self, index: int, fitted: Fitted) -> Effects:
        """What this site's batches do in one fit."""
        run, section, fit = self._run, self._section, self._run.fits[index]
        if section.reference_site == run.site.name and not fit.leaves_out(run.site.name):
            return NO_EFFECTS
        learn = learners(section, run.trains(fit), self.calibration, fit.leaves_out(run.site.name))
        return estimate(self.cohort_in(index), fitted, section, learn)

    @cached_property
    def raw(self) -> Array:
        """(fits, n, features) about the common mean without harmonization, NaN where missing."""
        fits_ = range(len(self._run.fits))
        return np.stack([common_scale(self.normalized(index).x, self.consensus.fit(index)) for index in fits_])

    @cached_property
    def u(self) -> Array:
        """(fits, n, features) on the common scale, NaN where missing; 0 where a feature does not vary."""
        of_fits = []
        for index in range(len(self._run.fits)):
            fitted = self.fitted(index)
            effects = self.effects(index, fitted)
            if index == 0:
                self._warn_of_outlying(effects)
            of_fits.append(harmonize(self.cohort_in(index), fitted, effects))
        u = np.stack(of_fits)
        trains = np.stack([self._run.trains(fit) for fit in self._run.fits])
        if far := far_values.words(u[~trains], self._run.table.features):
            log.warning("site %s: of patients who train no fit, %s", self._run.site.name, far)
        return far_values.limited(u, self._section.clip)

    def _warn_of_outlying(self, effects: Effects) -> None:
        """Name, in the site's own log, features that are not harmonized as the others of a batch are."""
        names = self._run.table.features
        for batch, effect in effects.features.items():
            if len(effect.outlying):
                listed = ", ".join(f"{names[place]} ({effect.delta_hat[place]:,.3g})" for place in effect.outlying)
                line = "site %s: batch %s: features with an effect far from the others' (variance in pooled units): %s"
                log.warning(line, self._run.site.name, batch, listed)

    def cohort_in(self, index: int) -> Cohort:
        """The cohort in one fit, which does not know the class of patients who do not train it: all have the mean."""
        run, cohort = self._run, self.normalized(index)
        first = len(run.columns) - len(run.study.endpoint_columns)
        totals = self.agreed.totals
        z, untrained = cohort.z.copy(), ~run.trains(run.fits[index])
        z[untrained, first:] = totals.sum_z[index, first:] / totals.count[index]
        return replace(cohort, z=z)
