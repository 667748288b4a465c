"""What the patients of one place add to what is learned: their designs, and the sums over them.

In a study a place is a site, and the sums leave it under masks. Where all patients of a question lie in one place (a
site that learns alone, a comparison with pooling, a trial of the method) the same sums stay there
(`shared.training.local_training`).
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from shared.arrays import Array, pack_symmetric
from shared.folds import generator
from shared.models.trainer import Guard, SiteContext
from shared.selection import mrmr
from shared.study.plan import blocks, feature_arms, inner_of
from shared.training.progress import Learned


@dataclass(frozen=True)
class PatientSet:
    """Patients of one place, as learning sees them.

    Parameters
    ----------
    values : of a task: (n, features) before standardization, NaN where missing
    source : of a task: equal for tasks whose `values` are the same
    outcome : of a fit: (n,) class of each patient
    trains : of a fit: (n,) whether a patient trains it
    """

    values: Callable[[int], Array]
    source: Callable[[int], Hashable]
    outcome: Callable[[int], Array]
    trains: Callable[[int], Array]


class SiteStatistics:
    """Designs of one place's patients, and the sums over them.

    Parameters
    ----------
    learned : what is learned
    patient_set : the patients
    place : where the place stands among those that take part
    """

    def __init__(self, learned: Learned, patient_set: PatientSet, place: int = 0) -> None:
        self.learned = learned
        self.patient_set = patient_set
        self._place = place
        self._designs: dict[Hashable, Array] = {}

    def values(self, task: int) -> Array:
        """(n, features) standardized features of a task."""
        scale, u = self.learned.standard, self.patient_set.values(task)
        # A missing value is the mean, which is 0 here.
        return np.asarray(np.nan_to_num((u - scale.mean[task]) / scale.sd[task]))

    def listed(self, task: int) -> Array:
        """(n, s) standardized features of the shortlist; 0 where there are fewer."""
        return _picked(self.values(task), self.learned.shortlist[task])

    def designs(self, task: int) -> Array:
        """(n, 1 + selected) ones, then standardized selected features; 0 where there are fewer."""
        chosen = self.learned.selected[task]
        key = (self.patient_set.source(task), chosen.tobytes())
        if key not in self._designs:
            picked = _picked(self.values(task), chosen)
            self._designs[key] = np.concatenate([np.ones((len(picked), 1)), picked], axis=1)
        return self._designs[key]

    def rows(self, task: int) -> tuple[Array, Array]:
        """Design and outcome of the training patients of a task."""
        fit = self.learned.tasks[task].fit
        trains = self.patient_set.trains(fit)
        return self.designs(task)[trains], self.patient_set.outcome(fit)[trains]

    def context(self, guard: Guard = lambda _weights, _task: None) -> SiteContext:
        """The place, as a trainer asks it for its part.

        Parameters
        ----------
        guard : what it refuses; nothing where no sum leaves the place
        """
        learned, place = self.learned, self.learned.sites[self._place]

        def random(task: int) -> np.random.Generator:
            trained = learned.tasks[task]
            return generator(
                learned.study.evaluation.seed, "training", place, trained.arm, learned.fits[trained.fit].name
            )

        return SiteContext(self.rows, guard, self._place, random)

    def moments(self, incomplete: Array) -> dict[str, Array]:
        """Sums over the training patients of every task, as `shared.training.imputation.impute` takes them.

        Parameters
        ----------
        incomplete : which features some patient of some place lacks
        """
        parts = []
        for task, trained in enumerate(self.learned.tasks):
            trains = self.patient_set.trains(trained.fit)
            u, y = self.patient_set.values(task)[trains], self.patient_set.outcome(trained.fit)[trains]
            of_class = self._member(y)
            known = np.nan_to_num(u)
            parts.append(
                {
                    **outcome_sums(y, u, incomplete, int(self.learned.study.question.endpoint.continuous)),
                    "class_totals": of_class.sum(axis=1),
                    "sum_uu": (known**2).sum(axis=0),
                    "class_sums": of_class @ known,
                    "present": of_class @ ~np.isnan(u[:, incomplete]),
                }
            )
        # the axis of what only a continuous endpoint has comes before that of the tasks
        return {
            name: np.stack([part[name] for part in parts], axis=int(name.startswith("outcome_"))) for name in parts[0]
        }

    def _member(self, y: Array) -> Array:
        """(classes, n) 1 where a patient is of a class; all are of one where the endpoint is continuous."""
        if self.learned.study.question.endpoint.continuous:
            return np.ones((1, len(y)))
        return np.asarray((y == np.arange(self.learned.classes)[:, None]).astype(float))

    def products(self) -> dict[str, Array]:
        """Products of the standardized features of every task's shortlist, and for mRMR of classes counts of levels."""
        learned, levels = self.learned, self.learned.levels
        products, apart, pairs, of_class = [], [], [], []
        classes = range(learned.classes if learned.learner.by_class else 0)
        for task, trained in enumerate(learned.tasks):
            trains = self.patient_set.trains(trained.fit)
            z, y = self.listed(task)[trains], self.patient_set.outcome(trained.fit)[trains]
            products.append(pack_symmetric(z.T @ z))
            apart.append([pack_symmetric(z[y == label].T @ z[y == label]) for label in classes])
            if levels:
                counted = mrmr.counts(z, y.astype(np.int64), learned.classes)
                pairs.append(counted["pairs"])
                of_class.append(counted["classes"])
        tasks = len(learned.tasks)
        return self._of_blocks() | {
            "products": np.stack(products),
            "class_products": np.reshape(apart, (tasks, len(classes), -1 if classes else products[0].size)),
            "level_pairs": np.stack(pairs) if pairs else np.zeros((tasks, 0)),
            "class_levels": np.stack(of_class) if of_class else np.zeros((tasks, learned.classes, levels)),
        }

    def _of_blocks(self) -> dict[str, Array]:
        """Sums over the inner folds of every task, of which stability selection makes half-samples."""
        learned, number = self.learned, blocks(self.learned.study)
        tasks, classes, width = len(learned.tasks), learned.classes, learned.shortlist.shape[1]
        listed = width if number else 0
        counts, sums = np.zeros((tasks, number, classes)), np.zeros((tasks, number, classes, listed))
        products = np.zeros((tasks, number, width * (width + 1) // 2))
        regressed = int(learned.study.question.endpoint.continuous)
        outcomes, of_outcome = np.zeros((tasks, number, regressed)), np.zeros((tasks, number, regressed, listed))
        for task, trained in enumerate(learned.tasks if number else ()):
            outer = trained.fit if trained.fit < learned.outer else (trained.fit - learned.outer) // number
            z, y = self.listed(task), self.patient_set.outcome(trained.fit)
            for block, without in enumerate(inner_of(learned.study, outer, learned.outer)):
                rows = self.patient_set.trains(trained.fit) & ~self.patient_set.trains(without)
                member = self._member(y[rows])
                counts[task, block], sums[task, block] = member.sum(axis=1), member @ z[rows]
                products[task, block] = pack_symmetric(z[rows].T @ z[rows])
                outcomes[task, block], of_outcome[task, block] = y[rows].sum(), y[rows] @ z[rows]
        return {
            "block_totals": counts,
            "block_sums": sums,
            "block_products": products,
            "block_outcomes": outcomes,
            "block_outcome_products": of_outcome,
        }

    def losses(self, exchanges: int) -> dict[str, Array]:
        """Loss of every penalty on the patients whom an inner fit leaves out, and how many they are.

        Parameters
        ----------
        exchanges : of training
        """
        learned, trainer = self.learned, self.learned.trainer(exchanges)
        losses, counts, coefficients = [], [], trainer.coefficients
        for arm in feature_arms(learned.study):
            for outer in range(learned.outer):
                for fit in inner_of(learned.study, outer, learned.outer):
                    task = learned.task(arm, fit)
                    held = self.patient_set.trains(outer) & ~self.patient_set.trains(fit)
                    design, y = self.designs(task)[held], self.patient_set.outcome(fit)[held]
                    loss = learned.learner.losses(design, y, coefficients[task], learned.classes)
                    losses.append(loss * trainer.usable[task])
                    counts.append(held.sum() * trainer.usable[task])
        return {"held_out_loss": np.stack(losses), "held_out": np.array(counts, dtype=float)}

    def risks(self, exchanges: int, task: int, place: int) -> Array:
        """(n, classes) what a task's model predicts of each patient; NaN where none was settled.

        Parameters
        ----------
        exchanges : of training
        task : which
        place : of the penalty
        """
        trainer, design = self.learned.trainer(exchanges), self.designs(task)
        if not trainer.usable[task]:
            return np.full((len(design), self.learned.classes), np.nan)
        return self.learned.learner.predict(design, trainer.coefficients[task, place], self.learned.classes)


def outcome_sums(y: Array, u: Array, incomplete: Array, regressed: int) -> dict[str, Array]:
    """Sums of a continuous endpoint over patients, and of its products with their features.

    Parameters
    ----------
    y : (n,) outcome
    u : (n, features) before standardization, NaN where missing
    incomplete : which features some patient of some place lacks
    regressed : 1 where the endpoint is continuous; else 0, and nothing is summed
    """
    there = ~np.isnan(u[:, incomplete])
    sums = {
        "outcome_sums": y.sum(),
        "outcome_squares": y @ y,
        "outcome_products": y @ np.nan_to_num(u),
        "outcome_present": y @ there,
    }
    return {
        name: np.repeat(np.asarray(total, dtype=np.float64)[None], regressed, axis=0) for name, total in sums.items()
    }


def _picked(z: Array, chosen: Array) -> Array:
    return np.where(chosen >= 0, z[:, chosen], 0.0)
