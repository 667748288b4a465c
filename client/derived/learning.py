"""The site's own patients under the models that the totals of all sites lead to (`shared.learning`)."""

from functools import cached_property

import numpy as np

from client.derived.harmonised import Harmonised
from client.run import Run
from shared.arrays import Array, Arrays
from shared.contract import Step
from shared.imputation import impute
from shared.learning import Learned
from shared.models.registry import FAMILIES
from shared.plan import Arm, inner_of


class Learning:
    """Designs and scores of this site's patients.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.learned = Learned(run.study, run.fits, self._told)

    def _told(self, step: str) -> Arrays:
        """Totals of an exchange; a missing value counts as the mean of the task's training patients."""
        told = self._run.told(step)
        return impute(told, self._run.part(Harmonised).incomplete) if step == Step.MOMENTS else told

    def values(self, task: int) -> Array:
        """(n, features) standardised features of a task."""
        one, harmonised = self.learned.tasks[task], self._run.part(Harmonised)
        u = (harmonised.u if one.arm is Arm.MODEL else harmonised.raw)[one.fit]
        # A missing value is the mean, which is 0 here.
        return np.asarray(np.nan_to_num((u - self.learned.standard.mean[task]) / self.learned.standard.sd[task]))

    def listed(self, task: int) -> Array:
        """(n, s) standardised features of the shortlist; 0 where there are fewer."""
        return _picked(self.values(task), self.learned.shortlist[task])

    def designs(self, task: int) -> Array:
        """(n, 1 + selected) ones, then standardised selected features; 0 where there are fewer."""
        if task not in self._designs:
            picked = _picked(self.values(task), self.learned.selected[task])
            self._designs[task] = np.concatenate([np.ones((len(picked), 1)), picked], axis=1)
        return self._designs[task]

    @cached_property
    def _designs(self) -> dict[int, Array]:
        return {}

    def rows(self, task: int) -> tuple[Array, Array]:
        """Design and outcome of the training patients of a task."""
        trains = self._run.trains(self._run.fits[self.learned.tasks[task].fit])
        return self.designs(task)[trains], self._run.table.y[trains]

    def weights(self, exchanges: int, arm: Arm, outer: int, fit: int) -> Array:
        """(p,) coefficients of an arm in a fit at the penalty that its outer fit chose."""
        trained = self.learned.trainer(exchanges)
        return np.asarray(trained.coefficients[self.learned.task(arm, fit), self.learned.chosen(arm, outer)])

    def risks(self, exchanges: int, arm: Arm, outer: int, fit: int) -> Array:
        """(n, classes) what an arm on features predicts of each patient in a fit; one column where continuous."""
        at = self.weights(exchanges, arm, outer, fit)
        family = FAMILIES[self._run.study.model.kind]
        return family.predict(self.designs(self.learned.task(arm, fit)), at, self._classes)

    def scores(self, exchanges: int, outer: int, out_of_fold: bool) -> Array:
        """(n, columns) the model's score of each patient as a predictor: log-odds against the first class.

        Parameters
        ----------
        exchanges : of training
        outer : fit
        out_of_fold : whether training patients are scored by the inner fit that left them out, as they must be where
            another model learns from the score
        """
        found = self.risks(exchanges, Arm.MODEL, outer, outer)
        if out_of_fold:
            run = self._run
            trains = run.trains(run.fits[outer])
            for fit in inner_of(run.study, outer, self.learned.outer):
                rows = trains & (run.inner == run.fits[fit].inner)
                found = np.where(rows[:, None], self.risks(exchanges, Arm.MODEL, outer, fit), found)
        if found.shape[1] == 1:
            return found
        logs = np.log(np.clip(found, 1e-12, 1.0))
        return np.asarray(logs[:, 1:] - logs[:, :1])

    def small_design(self, exchanges: int, index: int, *, training: bool) -> Array:
        """(n, columns) design of a small arm; 0 in the columns that it has not.

        Parameters
        ----------
        exchanges : of training
        index : of the small arm
        training : whether training patients get the score of the inner fit that left them out
        """
        arm, outer = self.learned.small[index]
        run, scale = self._run, self.learned.extras
        extras = (run.extras - scale.mean[outer]) / scale.sd[outer]
        volume = np.zeros(extras.shape[1], dtype=bool)
        volume[-1] = run.study.comparators.volume is not None
        shown = np.where(volume == (arm is Arm.VOLUME), extras, 0.0)
        score = self.scores(exchanges, outer, training) if arm is Arm.COMBINED else np.zeros((len(extras), self.width))
        return np.concatenate([np.ones((len(extras), 1)), score, shown], axis=1)

    @property
    def width(self) -> int:
        """Columns of the model's score."""
        return max(self._classes - 1, 1)

    @property
    def _classes(self) -> int:
        return len(self._run.study.question.endpoint.classes)


def _picked(z: Array, chosen: Array) -> Array:
    return np.where(chosen >= 0, z[:, chosen], 0.0)
