"""The baselines of a study's model, trained again on the pooled table.

Volume and clinical variables, alone and with the model's score, by scikit-learn and SciPy; the site alone by numpy. The
model itself, with and without harmonization, is trained by the steps of a study on one table.
"""

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from shared.arrays import Array
from shared.models.registry import beside, learner_of
from shared.study.plan import Arm, View
from shared.training.local_training import TrainedInMemory
from simulations.certificate.classes.references import of_family
from simulations.pooled import Pooled

_LEAST_RISK = 1e-12
"""Of which a logarithm is taken."""


class Baselines:
    """Predictions of the model and its baselines on the pooled table.

    Parameters
    ----------
    pooled : the study on it
    """

    def __init__(self, pooled: Pooled) -> None:
        self._pooled = pooled
        self._classes = len(pooled.study.question.endpoint.classes)
        self._extras = np.concatenate([place.run.extras for place in pooled.places])
        self._known: dict[tuple[Arm, int, bool], Array] = {}

    def has(self, arm: Arm) -> bool:
        """Whether the pooled table has the arm; models of single sites are not part of it.

        Averaged networks and trees of single sites are other models than those of the pooled table.
        """
        model = self._pooled.study.model
        same = learner_of(model).exact(model)
        return arm is not Arm.ALONE and (same or arm in (Arm.CLINICAL, Arm.VOLUME, Arm.SITE))

    def unseen(self, arm: Arm, view: View, repeat: int) -> Array:
        """(n, classes) predictions of an arm for each evaluated patient; NaN for the others."""
        return self._pooled.unseen(view, repeat, lambda outer: self.predicted(arm, outer))

    def predicted(self, arm: Arm, outer: int, *, training: bool = False) -> Array:
        """(n, classes) of all patients, by an outer fit.

        Parameters
        ----------
        arm : that `has` says is there
        outer : fit
        training : whether training patients get the prediction of the inner fit that left them out, where there is one
        """
        key = (arm, outer, training)
        if key not in self._known:
            self._known[key] = self._predicted(arm, outer, training)
        return self._known[key]

    def score(self, outer: int, *, training: bool = False) -> Array:
        """(n, columns) the model's score of all patients: its value, or the log-odds of each class against the first.

        Parameters
        ----------
        outer, training : as `predicted` takes them
        """
        predicted = self.predicted(Arm.MODEL, outer, training=training)
        if not self._classes:
            return predicted
        logs = np.log(np.clip(predicted, _LEAST_RISK, 1.0))
        return np.asarray(logs[:, 1:] - logs[:, :1])

    def _predicted(self, arm: Arm, outer: int, training: bool) -> Array:
        pooled = self._pooled
        if arm is Arm.SITE:
            return self._of_site(outer)
        if arm in (Arm.MODEL, Arm.UNHARMONIZED):
            trained = pooled.trained if arm is Arm.MODEL else pooled.trained_unharmonized
            return self._out_of_fold(trained, outer) if training else trained.risks(0, outer)
        trains = pooled.trains(pooled.fits[outer])
        volume = pooled.study.comparators.volume is not None
        columns = self._extras[:, -1:] if arm is Arm.VOLUME else self._extras[:, : -1 if volume else None]
        columns = StandardScaler().fit(columns[trains]).transform(columns)
        learned_from = shown = columns
        if arm is Arm.COMBINED:
            learned_from, shown = (
                np.column_stack([self.score(outer, training=in_training), columns]) for in_training in (True, False)
            )
        return self._fitted(learned_from[trains], pooled.y[trains])(learned_from if training else shown)

    def _fitted(self, design: Array, y: Array) -> Callable[[Array], Array]:
        study = self._pooled.study
        if not self._classes:
            ridge = Ridge(alpha=1 / study.comparators.c).fit(design, y)
            return lambda held: np.asarray(ridge.predict(held))[:, None]
        return of_family(beside(study.model.kind, self._classes), design, y, study.comparators.c)

    def _of_site(self, outer: int) -> Array:
        """Mean outcome, or shares of classes, of the site's training patients, shrunk by one patient to that of all."""
        trains, y = self._pooled.trains(self._pooled.fits[outer]), self._pooled.y
        outcome = (y[:, None] == np.arange(self._classes)).astype(float) if self._classes else y[:, None]
        means = np.empty(outcome.shape)
        for place in self._pooled.places:
            own = outcome[place.rows][trains[place.rows]]
            means[place.rows] = (own.sum(axis=0) + outcome[trains].mean(axis=0)) / (len(own) + 1)
        return means

    def _out_of_fold(self, trained: TrainedInMemory, outer: int) -> Array:
        """Predictions for training patients by the inner fit that left them out, at the outer fit's penalty."""
        pooled, risks = self._pooled, trained.risks(0, outer)
        ours, trains = pooled.fits[outer], pooled.trains(pooled.fits[outer])
        for index, fit in enumerate(pooled.fits):
            if fit.inner is not None and fit.left_out == ours.left_out:
                held_out = trains & ~pooled.trains(fit)
                by_inner = trained.site_statistics[0].risks(trained.exchanges, index, trained.place(outer))
                risks = np.where(held_out[:, None], by_inner, risks)
        return risks
