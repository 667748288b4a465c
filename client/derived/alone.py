"""What this site would have without the others: the same model, trained on its own patients alone.

Same folds, selection, penalties and training; features as they are, since one site has nobody to be harmonised with.
"""

from functools import cached_property

import numpy as np

from client.derived.harmonised import Harmonised
from client.run import Run
from shared.alone import alone_fits, place_of
from shared.arrays import Array
from shared.effective_number import effective_number
from shared.learn import Taught
from shared.learning import Learned
from shared.lesson import Members
from shared.plan import shows_own_models

_FINAL = 0


class Alone:
    """Models of this site's patients alone.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._fits = alone_fits(run.study)
        self._u = run.part(Harmonised).raw[_FINAL]

    def _members(self, learned: Learned) -> Members:
        del learned
        return Members(
            values=lambda _: self._u,
            source=lambda task: task,
            outcome=lambda _: self._run.table.y,
            trains=lambda fit: self._run.trains(self._fits[fit]),
        )

    @cached_property
    def taught(self) -> Taught:
        """The models, trained."""
        return Taught(self._run.study, self._fits, [self._members], self._u.shape[1], self._run.told)

    def risks(self, outer: int) -> Array | None:
        """(n, classes) what the site's own model predicts in one of the study's outer fits; None where it has none.

        Parameters
        ----------
        outer : place of the fit among the study's
        """
        place = place_of(self._run.study, self._run.fits[outer])
        if place is None or not self.taught.settled(place):
            return None
        return self.taught.risks(0, place)

    @cached_property
    def own_model(self) -> Array:
        """(2 + features,) what is shown of the final model: 1, intercept, weights on the common scale.

        All 0 where sites do not try each other's, at a site that trains nothing, or where the model is about too few
        patients: its weights are a sum of the patients' rows, each with what the model leaves unexplained of her.
        """
        nothing, taught = np.zeros(2 + self._u.shape[1]), self.taught
        run = self._run
        least = max(run.study.privacy.minimum_patients, run.approved.approval.policy.minimum_patients)
        counts = np.bincount(run.kind, minlength=taught.learned.classes)
        external = run.site.name in run.study.evaluation.external_sites
        if external or not shows_own_models(run.study) or (counts < least).any() or not taught.settled(_FINAL):
            return nothing
        left = np.abs(taught.risks(0, _FINAL)[:, 1] - (run.kind == 1))
        if effective_number(left) < least:
            return nothing
        learned, vector = taught.learned, taught.coefficients(_FINAL)
        chosen = learned.selected[_FINAL]
        there = chosen >= 0
        features = chosen[there]
        weights = np.zeros(self._u.shape[1])
        weights[features] = vector[1:][there] / learned.standard.sd[_FINAL, features]
        intercept = vector[0] - weights @ learned.standard.mean[_FINAL]
        return np.concatenate([[1.0, intercept], weights])

    def score_by(self, model: Array) -> Array:
        """(n,) score of the patients here by a site's `own_model`; a missing value counts as the mean of all."""
        return np.asarray(model[1] + np.nan_to_num(self._u) @ model[2:])
