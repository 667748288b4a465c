"""What the models predict of this site's patients where they are evaluated, and where they were trained."""

from functools import cached_property

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from client.exchange.state.local_models import LocalModels
from shared.arrays import Array
from shared.models.registry import FAMILIES, beside, learner_of
from shared.sections.harmonization import LeftOutSite
from shared.step import Step
from shared.study.plan import Arm, Fit, View, feature_arms, inner_of


class Judgement:
    """Risks of this site's patients, once everything is trained.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def _outer(self) -> tuple[Fit, ...]:
        return tuple(fit for fit in self._run.fits if fit.inner is None)

    @property
    def _learning(self) -> Learning:
        return self._run.part(Learning)

    @cached_property
    def _trained(self) -> int:
        return self._run.made(self._learning.learned.learner.step)

    def _training_patients(self, outer: int) -> Array:
        """(classes,) training patients of all sites."""
        if self._run.study.network is not None:
            return np.asarray(self._run.told(Step.TRAINING_WEIGHTS)["class_totals"][outer].round())
        return np.asarray(self._learning.learned.class_totals[outer])

    @cached_property
    def _known(self) -> dict[tuple[Arm, int, bool], Array]:
        return {}

    def risks(self, arm: Arm, outer: int, *, training: bool = False) -> Array:
        """(n, classes) what an arm of an outer fit predicts of each patient; NaN where it settled no model.

        Parameters
        ----------
        arm : what predicts
        outer : fit
        training : whether training patients get the prediction of the inner fit that left them out, where there is one
        """
        key = (arm, outer, training)
        if key not in self._known:
            self._known[key] = self._predicted(arm, outer, training=training)
        return self._known[key]

    def _predicted(self, arm: Arm, outer: int, *, training: bool) -> Array:
        run = self._run
        nothing = np.full((len(run.table.y), max(len(run.study.question.endpoint.classes), 1)), np.nan)
        totals = self._training_patients(outer)
        if not learner_of(run.study.model).settled(totals):
            return nothing
        if arm is Arm.SITE:
            return self._mean_of_site(outer) if run.study.question.endpoint.continuous else self._of_site(outer, totals)
        if run.study.network is not None:
            from client.exchange.state.network import NetworkTraining  # torch and MONAI, where they are needed

            return run.part(NetworkTraining).risks(outer)
        if arm is Arm.ALONE:
            own = run.part(LocalModels).risks(outer)
            return nothing if own is None else own
        learning, learned = self._learning, self._learning.learned
        if arm in feature_arms(run.study):
            predicted = learning.risks_of(self._trained, arm, outer, outer)
            if training:
                trains = run.trains(run.fits[outer])
                for fit in inner_of(run.study, outer, learned.outer):
                    rows = trains & (run.inner == run.fits[fit].inner)
                    predicted = np.where(rows[:, None], learning.risks_of(self._trained, arm, outer, fit), predicted)
            return predicted
        index = learned.small.index((arm, outer))
        design = learning.small_design(self._trained, index, training=training)
        combined = learned.combiner(run.made(Step.COMBINE), design.shape[1])
        family = FAMILIES[beside(run.study.model.kind, learned.classes)]
        return family.predict(design, combined.coefficients[index, 0], len(run.study.question.endpoint.classes))

    def _of_site(self, outer: int, totals: Array) -> Array:
        """How frequent each class is among this site's training patients, with one patient's worth of all sites."""
        run = self._run
        own = np.bincount(run.kind[run.trains(run.fits[outer])], minlength=len(totals))
        share = (own + totals / totals.sum()) / (own.sum() + 1)
        return np.repeat(share[None], len(run.table.y), axis=0)

    def _mean_of_site(self, outer: int) -> Array:
        """Mean outcome of this site's training patients, with one patient's worth of all sites."""
        run, learned = self._run, self._learning.learned
        own, patients = run.table.y[run.trains(run.fits[outer])], float(learned.class_totals[outer].sum())
        mean = run.told(Step.MOMENTS)["outcome_sums"][0, outer] / patients
        return np.full((len(run.table.y), 1), (own.sum() + mean) / (len(own) + 1))

    def evaluated(self, arm: Arm, view: View, repeat: int) -> tuple[Array, Array]:
        """Predictions of every patient who is evaluated in a view.

        Returns
        -------
        (n,) whether a patient is evaluated, and (n, classes) what is predicted of her
        """
        run = self._run
        predicted = np.full((len(run.table.y), max(len(run.study.question.endpoint.classes), 1)), np.nan)
        for outer, fit in enumerate(self._outer):
            if not fit.evaluated_in(view, repeat) or not fit.judges(run.site.name):
                continue
            rows = ~run.trains(fit)
            if view.frozen and run.study.harmonization.left_out_site is LeftOutSite.OWN_PATIENTS:
                rows = rows & ~run.part(Harmonized).calibration
            if rows.any():
                predicted[rows] = self.risks(arm, outer)[rows]
        return np.isfinite(predicted).all(axis=1), predicted
