"""The models of every fit, as the totals of all sites lead them: what a site computes each iterate from."""

from functools import cached_property

import numpy as np

from client.derived.harmonised import Harmonised
from client.run import Run
from shared.arrays import Array
from shared.contract import Step
from shared.imputation import impute
from shared.models.newton import Newton, advance
from shared.select import choose
from shared.stability import stable_in_fits
from shared.standardise import Standard, standard


class Learning:
    """Standardised, selected features and the search for the coefficients.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def moments(self) -> dict[str, Array]:
        """Moments of every fit, in which a missing value counts as the mean of the fit's training patients."""
        return impute(self._run.told(Step.MOMENTS), self._run.part(Harmonised).incomplete)

    @cached_property
    def standard(self) -> Standard:
        """Mean and standard deviation of every harmonised feature in every fit."""
        told = self.moments
        return standard(told["class_totals"].sum(axis=1), told["class_sums"].sum(axis=1), told["sum_uu"])

    @cached_property
    def selected(self) -> Array:
        """(fits, selected) features of every fit, -1 where there are fewer."""
        told = self.moments
        usable, section = ~self.standard.constant, self._run.study.stability
        if section is not None:
            told_of = self._run.told(Step.STABILITY)
            usable = usable & stable_in_fits(told_of, section, self._run.fits, self._run.omissions)
        return choose(self._run.study.selection, usable, told["class_totals"], told["class_sums"], told["sum_uu"])

    def designs(self, index: int) -> Array:
        """(n, 1 + selected) ones, then standardised features of one fit; 0 where there are fewer."""
        chosen = self.selected[index]
        u = self._run.part(Harmonised).u[index]
        z = (u - self.standard.mean[index]) / self.standard.sd[index]
        # A missing value is the mean, which is 0 here.
        picked = np.where(chosen >= 0, np.nan_to_num(z[:, chosen]), 0.0)
        return np.concatenate([np.ones((len(picked), 1)), picked], axis=1)

    @cached_property
    def _searches(self) -> list[Newton]:
        usable = np.asarray((self._run.told(Step.MOMENTS)["class_totals"] > 0).all(axis=1))
        return [Newton.start(usable, 1 + self.selected.shape[1])]

    def newton(self, iteration: int) -> Newton:
        """Where the search stands after so many exchanges of training."""
        while len(self._searches) <= iteration:
            told = self._run.told(f"{Step.TRAIN}-{len(self._searches) - 1}")
            self._searches.append(advance(self._searches[-1], told, self._run.study.model.c))
        return self._searches[iteration]
