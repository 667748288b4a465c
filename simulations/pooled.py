"""The study on one table that has the patients of all sites: the same folds, settings and penalties, without exchanges.

Features are harmonized on the pooled table in every fit (`simulations.pooled_features`), ranked, penalties chosen and
models trained on it. Of the federated run nothing is used but which patients enter, which fold leaves each out, and
which features the sites call stable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.sections.harmonization import LeftOutSite
from shared.study.plan import Fit, View, nested
from shared.study.study import Study
from shared.training.local_training import TrainedInMemory
from shared.training.progress import Learned
from shared.training.site_statistics import PatientSet
from simulations.pooled_features import PooledFeatures


def require_poolable(study: Study) -> None:
    """Refuse a study that has no pooled counterpart.

    Raises
    ------
    MrfedError (`STUDY_INVALID`) with the settings that have none.
    """
    unfit = {"network": study.network is not None, "privacy.noise": study.privacy.noise is not None}
    if refused := [name for name, there in unfit.items() if there]:
        raise MrfedError(
            Code.STUDY_INVALID,
            f"{study.name}: the pooled table is not computed with {', '.join(refused)}; leave it out of a copy of the "
            "study for the comparison, or run the study by itself with mrfed-simulate run",
        )


@dataclass(frozen=True)
class _Place:
    """Rows of one site in the pooled table."""

    run: Run
    rows: slice


class Pooled:
    """Models of the pooled table.

    Parameters
    ----------
    runs : every site's part in a run that has finished, for its table and folds
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.study = runs[0].study
        require_poolable(self.study)
        ends = np.cumsum([0, *(len(run.table.y) for run in runs)]).tolist()
        self.places = [_Place(run, slice(a, b)) for run, a, b in zip(runs, ends, ends[1:], strict=False)]
        self.fits = nested(self.study, tuple(fit for fit in runs[0].fits if fit.inner is None))
        self.y = np.concatenate([run.table.y for run in runs])
        self.features = PooledFeatures(runs)

    def trains(self, fit: Fit) -> Array:
        """(n,) who trains a fit."""
        return self.features.trains(fit)

    def harmonized(self, fit: Fit) -> Array:
        """(n, features) of all patients on the common scale, by a harmonization fitted on the training patients."""
        return self.features.harmonized(fit)

    @cached_property
    def trained(self) -> TrainedInMemory:
        """The models, trained on the one table."""
        return self._trained(self.harmonized)

    @cached_property
    def trained_unharmonized(self) -> TrainedInMemory:
        """The same on features as they are."""
        return self._trained(self.features.unharmonized)

    def _trained(self, values: Callable[[Fit], Array]) -> TrainedInMemory:
        def members(learned: Learned) -> PatientSet:
            del learned
            return PatientSet(
                values=lambda task: values(self.fits[task]),
                source=lambda task: task,
                outcome=lambda _: self.y,
                trains=lambda fit: self.trains(self.fits[fit]),
            )

        first = self.places[0].run
        return TrainedInMemory(self.study, self.fits, [members], len(first.table.features), first.told)

    def evaluated(self, view: View, repeat: int = 0) -> tuple[Array, Array]:
        """(n,) whether a patient is evaluated in a view, and (n, classes) her predictions; NaN for the others."""
        predicted = self.unseen(view, repeat, lambda outer: self.trained.risks(0, outer))
        return np.asarray(np.isfinite(predicted).all(axis=1)), predicted

    def unseen(self, view: View, repeat: int, predicted: Callable[[int], Array]) -> Array:
        """(n, classes) what is predicted of each patient by the fit that evaluates her; NaN of the others.

        Parameters
        ----------
        view, repeat : in which patients are evaluated
        predicted : (n, classes) of all patients, by an outer fit that settled a model
        """
        risks_of = np.full((len(self.y), max(len(self.study.question.endpoint.classes), 1)), np.nan)
        for outer, fit in enumerate(self.fits[: self.trained.learned.outer]):
            if not fit.evaluated_in(view, repeat) or not self.trained.settled(outer):
                continue
            risks = predicted(outer)
            for place in self.places:
                if not fit.judges(place.run.site.name):
                    continue
                rows = ~place.run.trains(fit)
                if view.frozen and self.study.harmonization.left_out_site is LeftOutSite.OWN_PATIENTS:
                    rows &= ~place.run.part(Harmonized).borrowed
                risks_of[place.rows][rows] = risks[place.rows][rows]
        return risks_of
