"""The site's patients under shuffled labels (`shared.training.permutations`)."""

from functools import cached_property

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from shared.arrays import Array
from shared.folds import generator
from shared.metrics.concordance import ranked
from shared.study.plan import Arm, targets
from shared.training.permutations import shuffled
from shared.training.site_statistics import PatientSet, SiteStatistics


class Shuffled(SiteStatistics):
    """Designs of this site's patients, and sums by shuffled labels.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.shuffles = run.facts.shuffles
        members = PatientSet(
            values=lambda task: np.asarray(run.part(Harmonized).u[self.shuffles.base[task]]),
            source=lambda task: int(self.shuffles.base[task]),
            outcome=lambda fit: self.labels[self.shuffles.fits[fit].shuffle],
            trains=lambda fit: run.trains(self.shuffles.fits[fit]),
        )
        super().__init__(self.shuffles.learned, members, run.roster.index(run.site.name))

    @cached_property
    def labels(self) -> Array:
        """(shuffles, n) labels, exchanged within each fold."""
        run, seed = self._run, self._run.study.evaluation.seed
        return np.stack(
            [
                shuffled(run.table.y, run.folds[0], generator(seed, "shuffle", run.site.name, str(permutation)))
                for permutation in range(run.study.evaluation.permutations)
            ]
        )

    def judged(self, exchanges: int) -> dict[str, Array]:
        """Pairs within this site that the models of each shuffle rank rightly, and all pairs, for each class judged.

        Parameters
        ----------
        exchanges : of training
        """
        judged_classes, folds = targets(self._run.study), self._run.study.evaluation.folds
        continuous = self._run.study.question.endpoint.continuous
        u, pairs = np.zeros((2, len(self.labels), len(judged_classes)))
        for permutation, labels in enumerate(self.labels):
            risks = np.full((len(labels), self.learned.classes), np.nan)
            for outer in range(permutation * folds, (permutation + 1) * folds):
                held = self._run.folds[0] == self.shuffles.fits[outer].left_out.number
                judged = self.shuffles.fits[outer].judges(self._run.site.name)
                if judged and held.any() and self.learned.trainer(exchanges).usable[outer]:
                    risks[held] = self.risks(exchanges, outer, self.learned.chosen(Arm.MODEL, outer))[held]
            seen = np.isfinite(risks).all(axis=1)
            for place, target in enumerate(judged_classes):
                u[permutation, place], pairs[permutation, place] = ranked(
                    risks[seen], labels[seen], target, continuous=continuous
                )
        return {"shuffled_u": u, "shuffled_pairs": pairs}
