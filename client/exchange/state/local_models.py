"""What this site would have without the others: the same model, trained on its own patients alone.

Same folds, selection, penalties and training; features as they are, since one site has nobody to be harmonized with.
"""

from functools import cached_property

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.local_fits import local_fits, place_of
from shared.arrays import Array
from shared.privacy.effective_sample_size import effective_number
from shared.study.plan import shows_own_models
from shared.training.fitted_model import FittedModel
from shared.training.local_training import TrainedInMemory
from shared.training.progress import Learned
from shared.training.site_statistics import PatientSet

_FINAL = 0


class LocalModels:
    """Models of this site's patients alone.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._fits = local_fits(run.study)
        self._u = run.part(Harmonized).raw[_FINAL]

    def _patient_set(self, learned: Learned) -> PatientSet:
        del learned
        return PatientSet(
            values=lambda _: self._u,
            source=lambda task: task,
            outcome=lambda _: self._run.table.y,
            trains=lambda fit: self._run.trains(self._fits[fit]),
        )

    @cached_property
    def trained(self) -> TrainedInMemory:
        """The models, trained."""
        return TrainedInMemory(self._run.study, self._fits, [self._patient_set], self._u.shape[1], self._run.told)

    def risks(self, outer: int) -> Array | None:
        """(n, classes) what the site's own model predicts in one of the study's outer fits; None where it has none.

        Parameters
        ----------
        outer : place of the fit among the study's
        """
        place = place_of(self._run.study, self._run.fits[outer])
        if place is None or not self.trained.settled(place):
            return None
        return self.trained.risks(0, place)

    @cached_property
    def own_model(self) -> FittedModel | None:
        """The final model, as others are shown it.

        None where sites do not try each other's, at a site that trains nothing, or where it would tell of too few
        patients (`_tells_enough`).
        """
        run, trained = self._run, self.trained
        if run.site.name in run.study.evaluation.external_sites or not shows_own_models(run.study):
            return None
        if not trained.settled(_FINAL):
            return None
        learned, chosen = trained.learned, trained.learned.selected[_FINAL]
        mean, sd = (moment[_FINAL][chosen.clip(0)] for moment in (learned.standard.mean, learned.standard.sd))
        there = chosen >= 0
        vector = trained.coefficients(_FINAL)
        model = FittedModel(chosen, np.where(there, mean, 0.0), np.where(there, sd, 0.0), vector)
        return model if self._tells_enough(model) else None

    def _tells_enough(self, model: FittedModel) -> bool:
        """Whether a model is about enough patients for others to see it.

        There are as many of each class as anything needs that is shown; what the model leaves unexplained, with which
        each patient enters it, lies with so many in effect; and it has fewer numbers than the values it was made of,
        by the factor of the site's policy. Of trees every leaf holds the least number by itself.
        """
        run = self._run
        policy, classes = run.approved.approval.policy, self.trained.learned.classes
        least = max(run.study.privacy.minimum_patients, policy.minimum_patients)
        risks = self.trained.risks(0, _FINAL)
        if run.study.question.endpoint.continuous:
            counts, left = np.array([len(risks)]), np.abs(risks[:, 0] - run.table.y)[None]
        else:
            counts = np.bincount(run.kind, minlength=classes)
            left = np.abs(risks - (run.kind[:, None] == np.arange(classes))).T
        if (counts < least).any() or (effective_number(left) < least).any():
            return False
        if self.trained.learned.learner.trees(model.vector) is not None:
            return True
        values = len(risks) * int((model.features >= 0).sum())
        return bool(np.count_nonzero(model.vector) * policy.patients_per_coefficient <= max(values, len(risks)))

    def risks_by(self, model: FittedModel) -> Array:
        """(n, classes) what another site's model predicts of the patients here."""
        return model.predict(self._u, self._run.study)
