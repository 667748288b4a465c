"""Learning where all patients of a question are at hand: the exchanges of a study's training, without the exchanges.

A site that learns alone, a comparison with pooled patients and trials of the method run exactly what a federation runs:
the same sums, added up, and the same steps from them (`shared.training.progress`).
"""

from collections.abc import Callable, Sequence

import numpy as np

from shared.arrays import Array, Arrays
from shared.step import Step
from shared.study.plan import Arm, Fit, model_alone
from shared.study.study import Study
from shared.training.imputation import impute
from shared.training.progress import Learned
from shared.training.site_statistics import PatientSet, SiteStatistics


class TrainedInMemory:
    """A model of every fit, trained to its end.

    Parameters
    ----------
    study : whose selection, model and training are used; of its arms the model alone is trained
    fits : outer ones first, then the inner ones of each (`shared.study.plan.nested`)
    places : makes the patients of each place, told what is learned
    features : number of features
    also : totals of exchanges that training does not make itself (stability)
    """

    def __init__(
        self,
        study: Study,
        fits: tuple[Fit, ...],
        places: Sequence[Callable[[Learned], PatientSet]],
        features: int,
        also: Callable[[str], Arrays] | None = None,
    ) -> None:
        totals: dict[str, Arrays] = {}

        def broadcast(step: str) -> Arrays:
            return totals[step] if step in totals or also is None else also(step)

        names = tuple(str(number) for number in range(len(places)))
        self.learned = Learned(model_alone(study), fits, broadcast, names)
        self.site_statistics = [
            SiteStatistics(self.learned, make(self.learned), number) for number, make in enumerate(places)
        ]
        every = np.arange(features)
        totals[Step.MOMENTS] = impute(_added([site.moments(every) for site in self.site_statistics]), every)
        totals[Step.GRAM] = _added([site.products() for site in self.site_statistics])
        self.exchanges = 0
        learner = self.learned.learner
        most = learner.exchanges(study.model, study.training)
        while not self.learned.trainer(self.exchanges).done and self.exchanges < most:
            trainer = self.learned.trainer(self.exchanges)
            totals[f"{learner.step}-{self.exchanges}"] = _added(
                [trainer.sums(site.context()) for site in self.site_statistics]
            )
            self.exchanges += 1
        if study.model.path_length > 1:
            totals[Step.TUNE] = _added([site.losses(self.exchanges) for site in self.site_statistics])

    def settled(self, outer: int) -> bool:
        """Whether the training patients of an outer fit settled a model."""
        return bool(self.learned.trainer(self.exchanges).usable[outer])

    def place(self, outer: int) -> int:
        """Place on the path of the penalty that an outer fit chose."""
        return self.learned.chosen(Arm.MODEL, outer)

    def risks(self, place: int, outer: int) -> Array:
        """(n, classes) what an outer fit's model predicts of the patients of one place."""
        return self.site_statistics[place].risks(self.exchanges, outer, self.place(outer))

    def coefficients(self, outer: int) -> Array:
        """(p,) of an outer fit's model, at the penalty that it chose."""
        return np.asarray(self.learned.trainer(self.exchanges).coefficients[outer, self.place(outer)])


def _added(parts: Sequence[Arrays]) -> dict[str, Array]:
    return {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]}
