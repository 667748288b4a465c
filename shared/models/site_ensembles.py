"""Trees that each site grows on its own patients, joined: a random forest, and XGBoost in Flower's bagging strategy.

Nothing is added up here: every site's trees stand in its own place of the answer, zeros in all others, so that the
sum is their union. Whoever sees the sum reads the trees of each site. Thresholds are the limits of the agreed bins and
no patient's values, and a leaf holds at least `least_patients` of the site.

References: Breiman, Mach Learn 45 (2001) 5; Chen and Guestrin, KDD (2016) 785; Flower's `FedXgbBagging`, in which the
model of a round is the union of the trees that all clients boosted from the model of the round before.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import scipy

from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.models import site_trees
from shared.models.learner import Known, Learner
from shared.models.trainer import SiteContext, Trainer
from shared.models.trees import Ensemble, followable, normal_bins
from shared.sections.learning import Training
from shared.sections.model import ForestSettings, TreeSettings, XgboostSettings
from shared.sections.question import EndpointKind
from shared.step import Step

Trees = TypeVar("Trees", bound=TreeSettings)


class SiteEnsembles(Learner[Trees], Generic[Trees]):
    """Trees of single sites, joined. Coefficients: `Ensemble.vector`."""

    linear = False
    step = Step.ENSEMBLE
    discloses = "trees that are grown on the patients of {site} alone can be read by all"

    def trees(self, coefficients: Array) -> Ensemble:
        """See `Learner.trees`."""
        return Ensemble.of_vector(coefficients)

    def exact(self, section: Trees) -> bool:
        """Each site's trees are its own."""
        del section
        return False

    def begin(self, section: Trees, known: Known) -> "EnsembleTraining":
        """See `Learner.begin`."""
        classes = known.class_totals.shape[1]
        usable = np.asarray((known.class_totals > 0).all(axis=1))
        sites, trees = known.present.shape[1], self.trees_at_once(section)
        nodes, outputs = 2 ** (section.depth + 1) - 1, self.outputs(classes)
        begun = []
        for totals, has_classes in zip(known.class_totals, usable, strict=True):
            base = self.base(totals) if has_classes else 0.0
            empty = (np.full((0, nodes), -1), np.zeros((0, nodes), dtype=np.int64), np.zeros((0, nodes, outputs)))
            begun.append(Ensemble(section.bins, base, *empty))
        return EnsembleTraining(
            self, section, classes, known.there.shape[1], known.present, usable, tuple(begun), sites * trees
        )

    def size(self, section: Trees, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del selected
        return Ensemble.size(section.trees * places, section.depth, self.outputs(classes))

    def reads(self, section: Trees, coefficients: Array, selected: int, classes: int) -> bool:
        """See `Learner.reads`."""
        return Ensemble.reads(coefficients, (section.bins, section.depth, self.outputs(classes)), selected)

    @abstractmethod
    def trees_at_once(self, section: Trees) -> int:
        """How many trees a site grows in one exchange."""

    @abstractmethod
    def outputs(self, classes: int) -> int:
        """Values of a leaf."""

    @abstractmethod
    def base(self, class_totals: Array) -> float:
        """What is added to the sum of the trees."""

    def predicts(self, ensemble: Ensemble) -> bool:
        """Whether the trees of all sites make a model."""
        del ensemble
        return True

    @abstractmethod
    def grown(
        self, section: Trees, ensemble: Ensemble, z: Array, y: Array, share: float, random: np.random.Generator
    ) -> site_trees.Grown:
        """Trees of a site.

        Parameters
        ----------
        section : the study's model
        ensemble : of all sites so far
        z, y : training patients of the site
        share : of one site among those that train the task
        random : the site's chance
        """


class Forest(SiteEnsembles[ForestSettings]):
    """A random forest: each tree gives the share of every class in its leaf; the forest their mean over all sites."""

    kinds = frozenset({EndpointKind.BINARY, EndpointKind.ORDINAL, EndpointKind.MULTICLASS})
    words = "A random forest, {trees} trees of depth {depth} of each site"

    def predicts(self, ensemble: Ensemble) -> bool:
        """Where any site has grown a tree."""
        return bool(ensemble.value.any())

    def exchanges(self, section: ForestSettings, training: Training) -> int:
        """One."""
        del section, training
        return 1

    def trees_at_once(self, section: ForestSettings) -> int:
        """All that a site has part in."""
        return section.trees

    def outputs(self, classes: int) -> int:
        """A share for each class."""
        return classes

    def base(self, class_totals: Array) -> float:
        """Nothing."""
        del class_totals
        return 0.0

    def grown(
        self, section: ForestSettings, ensemble: Ensemble, z: Array, y: Array, share: float, random: np.random.Generator
    ) -> site_trees.Grown:
        """See `SiteEnsembles.grown`."""
        del share
        return site_trees.forest(section, normal_bins(z, section.bins), y, ensemble.value.shape[2], random)

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        del classes
        total = Ensemble.of_vector(coefficients).total(design[:, 1:])
        trees = np.maximum(total.sum(axis=1, keepdims=True), 1)  # each that was grown gives shares that add up to one
        return np.asarray(total / trees)


class BaggedBoosting(SiteEnsembles[XgboostSettings]):
    """XGBoost trees: each exchange adds one of every site, boosted from all trees before; steps are shared out."""

    kinds = frozenset({EndpointKind.BINARY})
    words = "Boosted trees (XGBoost), {trees} of depth {depth} of each site"

    def exchanges(self, section: XgboostSettings, training: Training) -> int:
        """One for each round."""
        del training
        return section.trees

    def trees_at_once(self, section: XgboostSettings) -> int:
        """One."""
        del section
        return 1

    def outputs(self, classes: int) -> int:
        """A step of the log-odds."""
        del classes
        return 1

    def base(self, class_totals: Array) -> float:
        """Log-odds of the classes."""
        return float(scipy.special.logit(class_totals[1] / class_totals.sum()))

    def grown(
        self,
        section: XgboostSettings,
        ensemble: Ensemble,
        z: Array,
        y: Array,
        share: float,
        random: np.random.Generator,
    ) -> site_trees.Grown:
        """See `SiteEnsembles.grown`."""
        del random
        return site_trees.boosted(section, normal_bins(z, section.bins), y, ensemble.total(z)[:, 0], share)

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        del classes
        eta = Ensemble.of_vector(coefficients).total(design[:, 1:])[:, 0]
        return np.stack([scipy.special.expit(-eta), scipy.special.expit(eta)], axis=1)


@dataclass(frozen=True)
class EnsembleTraining(Trainer):
    """Where the ensembles of all tasks stand.

    Attributes
    ----------
    kind : which trees
    section : the model as the study asks for it
    classes : of the endpoint
    selected : columns of a design without that of ones
    present : (tasks, sites) whether a site's patients train a task
    settled : (tasks,) whether its training patients settle a model
    tasks : the ensemble of each
    at_once : trees that an exchange adds to each, of all sites
    exchanges : so far
    """

    kind: SiteEnsembles[Any]
    section: TreeSettings
    classes: int
    selected: int
    present: Array
    settled: Array
    tasks: tuple[Ensemble, ...]
    at_once: int
    exchanges: int = 0

    @property
    def done(self) -> bool:
        """See `Trainer.done`."""
        return not self.settled.any() or self.exchanges * self.kind.trees_at_once(self.section) >= self.section.trees

    @property
    def sizes(self) -> dict[str, int]:
        """See `Trainer.sizes`."""
        nodes = 2 ** (self.section.depth + 1) - 1
        return {"site_trees": self.at_once, "nodes": nodes, "leaf": 2 + self.kind.outputs(self.classes)}

    def sums(self, context: SiteContext) -> dict[str, Array]:
        """See `Trainer.sums`."""
        sizes, own = self.sizes, self.kind.trees_at_once(self.section)
        trees = np.zeros((len(self.tasks), sizes["site_trees"], sizes["nodes"], sizes["leaf"]))
        for task in np.flatnonzero(self.settled & self.present[:, context.place]).tolist():
            design, y = context.rows(task)
            share = 1 / max(int(self.present[task].sum()), 1)
            grown = self.kind.grown(self.section, self.tasks[task], design[:, 1:], y, share, context.random(task))
            # one more than the feature: zero is left for sites that grow nothing
            whole = np.stack([grown.feature + 1, grown.bin], axis=2)
            start = context.place * own
            trees[task, start : start + len(whole)] = np.concatenate([whole, grown.value], axis=2)
        return {"trees": trees}

    def advance(self, totals: Mapping[str, Array]) -> "EnsembleTraining":
        """See `Trainer.advance`."""
        trees = totals["trees"]
        whole = np.rint(trees[..., :2]).astype(np.int64)
        if not followable(whole[..., 0].reshape(-1, whole.shape[2]) - 1, self.selected):
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{Step.ENSEMBLE}: some site sent trees that split by features that there are not; ask the sites which "
                "version they run",
            )
        tasks = tuple(
            replace(
                ensemble,
                feature=np.concatenate([ensemble.feature, whole[task, ..., 0] - 1]),
                bin=np.concatenate([ensemble.bin, whole[task, ..., 1]]),
                value=np.concatenate([ensemble.value, trees[task, ..., 2:]]),
            )
            for task, ensemble in enumerate(self.tasks)
        )
        return replace(self, tasks=tasks, exchanges=self.exchanges + 1)

    @cached_property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        return np.stack([ensemble.vector for ensemble in self.tasks])[:, None, :]

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`; where no site has enough patients for a tree, there is no model."""
        return np.asarray(self.settled & np.array([self.kind.predicts(ensemble) for ensemble in self.tasks]))

    @property
    def worst(self) -> float:
        """Trees are not improved: there is no optimum to be far from."""
        return 0.0
