"""The site's features on the common scale, in every fit of a run."""

from dataclasses import replace
from functools import cached_property

import numpy as np

from client import split
from client.harmonise import Cohort, harmonise, learners
from client.run import Run
from harmonization.federated import Consensus
from harmonization.reference import solve_all
from shared.arrays import Array
from shared.contract import Step
from shared.omissions import omission_of
from shared.plan import Fit


class Harmonised:
    """A site's features in units of the pooled within-batch standard deviation, about the common mean.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def cohort(self) -> Cohort:
        """What harmonisation needs to know of this site's patients, with the features of the final fit."""
        run = self._run
        z = run.design(run.categories)[0]
        classes = np.arange(1, 1 + len(run.study.endpoint_columns))
        return Cohort(run.table.x, np.hstack([z, run.table.y[:, None] == classes]), run.batch)

    def cohort_of(self, fit: Fit) -> Cohort:
        """The same with the features of one fit: habitats differ with the site that it leaves out."""
        return replace(self.cohort, x=self._run.table.x_of(omission_of(fit, self._run.omissions)))

    @cached_property
    def consensus(self) -> Consensus:
        """What all sites agree on for harmonisation, for all fits."""
        return solve_all(self._run.told(Step.HARMONIZE), self._run.columns)

    @cached_property
    def borrowed(self) -> Array:
        """(n,) patients from whom the site harmonises itself where it is left out; not evaluated there."""
        return split.lent(self._run.study, self._run.site, self._run.table)

    @cached_property
    def u(self) -> Array:
        """(fits, n, features) on the common scale; 0 where a feature does not vary."""
        run, section = self._run, self._run.study.harmonization
        return np.stack(
            [
                harmonise(
                    self._cohort_in(index),
                    self.consensus.fit(index),
                    section,
                    learners(section, run.trains(fit), self.borrowed, fit.site == run.site.name),
                    reference=section.reference_site == run.site.name != fit.site,
                )
                for index, fit in enumerate(run.fits)
            ]
        )

    def _cohort_in(self, index: int) -> Cohort:
        """The cohort in one fit, which does not know the class of patients who do not train it: all have the mean."""
        run = self._run
        first = len(run.columns) - len(run.study.endpoint_columns)
        told = run.told(Step.HARMONIZE)
        z, others = self.cohort.z.copy(), ~run.trains(run.fits[index])
        z[others, first:] = told["sum_z"][index, first:] / told["count"][index]
        return replace(self.cohort_of(run.fits[index]), z=z)
