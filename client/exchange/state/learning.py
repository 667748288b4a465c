"""The site's own patients under the models that the totals of all sites lead to (`shared.training.progress`)."""

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from shared.arrays import Array
from shared.study.plan import Arm, inner_of
from shared.training.site_statistics import PatientSet, SiteStatistics


class Learning(SiteStatistics):
    """Designs and scores of this site's patients.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        place, members = run.roster.index(run.site.name), (self._values, self._source, self._outcome, self._trains)
        super().__init__(run.facts.learned, PatientSet(*members), place)

    def _values(self, task: int) -> Array:
        learned_task, harmonized = self.learned.tasks[task], self._run.part(Harmonized)
        return np.asarray((harmonized.u if learned_task.arm is Arm.MODEL else harmonized.raw)[learned_task.fit])

    def _source(self, task: int) -> int:
        return task

    def _outcome(self, fit: int) -> Array:
        del fit
        return self._run.table.y

    def _trains(self, fit: int) -> Array:
        return self._run.trains(self._run.fits[fit])

    def risks_of(self, exchanges: int, arm: Arm, outer: int, fit: int) -> Array:
        """(n, classes) what an arm predicts of each patient in a fit, at the penalty that its outer fit chose."""
        return self.risks(exchanges, self.learned.task(arm, fit), self.learned.chosen(arm, outer))

    def scores(self, exchanges: int, outer: int, out_of_fold: bool) -> Array:
        """(n, columns) the model's score of each patient as a predictor: log-odds against the first class.

        Parameters
        ----------
        exchanges : of training
        outer : fit
        out_of_fold : whether training patients are scored by the inner fit that left them out, as they must be where
            another model learns from the score
        """
        risks = self.risks_of(exchanges, Arm.MODEL, outer, outer)
        if out_of_fold:
            run = self._run
            trains = run.trains(run.fits[outer])
            for fit in inner_of(run.study, outer, self.learned.outer):
                rows = trains & (run.inner == run.fits[fit].inner)
                risks = np.where(rows[:, None], self.risks_of(exchanges, Arm.MODEL, outer, fit), risks)
        if risks.shape[1] == 1:
            return risks
        logs = np.log(np.clip(risks, 1e-12, 1.0))
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
