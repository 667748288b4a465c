"""What a model must say of itself to be named in a study: how it is trained from sums, and what it then predicts.

A trained model is a vector of numbers, and `predict` a pure function of a design and that vector: so it travels in a
bundle, is kept in a result, and is the same at every site and at the coordinator. A new model is a file with such a
class and a line in `shared.models.registry`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import scipy

from shared.arrays import Array
from shared.models.trainer import Trainer
from shared.models.trees import Ensemble
from shared.sections.learning import Training
from shared.sections.model import ModelSettings
from shared.sections.question import EndpointKind
from shared.step import Step

Settings = TypeVar("Settings", bound=ModelSettings)
"""The study's section of the model, as its kind has it."""
_LEAST_RISK = 1e-15
"""Risks this near 0 or 1 count as this, where their log-odds are shown."""


@dataclass(frozen=True)
class Outcome:
    """Sums of a continuous endpoint over the training patients of every task, in half its plausible range.

    Attributes
    ----------
    sums, squares : (tasks,)
    products : (tasks, selected) with the standardized features
    half_range : of the endpoint, in its own unit
    """

    sums: Array
    squares: Array
    products: Array
    half_range: float


@dataclass(frozen=True)
class Known:
    """What everybody knows before training, from exchanges that no model entered.

    Attributes
    ----------
    tolerance : at which training stops
    penalties : (tasks, penalties) in units of the mean loss
    class_totals : (tasks, classes) training patients
    there : (tasks, selected) whether a task has a feature in each column; its sums are zero where not
    class_sums : (tasks, classes, selected) sums of standardized features
    products : (tasks, packed) of standardized features
    class_products : (tasks, classes, packed) the same by class; no classes where the model does not ask for them
    present : (tasks, sites) whether a site's patients train a task
    frugal : whether logistic models are trained from gradients alone, without Hessians
    seed : of the study
    rounds : most exchanges of models that end after a number of them
    outcome : None where the endpoint has classes
    """

    tolerance: float
    penalties: Array
    class_totals: Array
    there: Array
    class_sums: Array
    products: Array
    class_products: Array
    present: Array
    frugal: bool = False
    seed: int = 1
    rounds: int = 30
    outcome: Outcome | None = None

    @property
    def sums(self) -> Mapping[str, Array]:
        """Of all patients, by name, as `shared.models.elastic_net.null_sums` takes them."""
        return {"class_totals": self.class_totals, "class_sums": self.class_sums, "products": self.products}


class Learner(ABC, Generic[Settings]):
    """A kind of model."""

    kinds: frozenset[EndpointKind]
    """Endpoints for which it is made."""
    words: str
    """What it is, with `{settings}` of the study's section, as a sentence begins."""
    calibrated = True
    """Whether what it predicts are meant as risks; otherwise they rank only."""
    linear = True
    """Whether the score is a weighted sum of the features; else `shown` tells its slope about their means."""
    bounded = False
    """Whether a patient adds at most one, in size, to the slope of the loss along an intercept."""
    kept_as_log_odds = False
    """Whether a result keeps the intercept and weights of its log-odds alone; a nomogram can be drawn of them."""
    step: Step = Step.TRAIN
    """Exchange in which it is trained, repeatedly."""
    by_class = False
    """Whether it needs the products of the features of each class apart."""
    discloses: str | None = None
    """What training lets anybody conclude beyond sums over many patients, with the `{site}`; None for nothing."""

    def exchanges(self, section: Settings, training: Training) -> int:
        """Most exchanges that training takes."""
        del section
        return training.max_iterations

    def exact(self, section: Settings) -> bool:
        """Whether the model is that of the pooled table, as far as a search goes; otherwise it is compared only."""
        del section
        return True

    @abstractmethod
    def begin(self, section: Settings, known: Known) -> Trainer:
        """Where training begins."""

    @abstractmethod
    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """(patients, classes) risk of each class; one column for a continuous endpoint.

        Parameters
        ----------
        design : (patients, 1 + selected) ones, then standardized features
        coefficients : (size,) the model
        classes : of the endpoint
        """

    @abstractmethod
    def size(self, section: Settings, selected: int, classes: int, places: int) -> int:
        """Length of a trained model.

        Parameters
        ----------
        section : the model as the study asks for it
        selected : columns of a design without that of ones
        classes : of the endpoint
        places : whose patients trained it, each as one
        """

    def reads(self, section: Settings, coefficients: Array, selected: int, classes: int) -> bool:
        """Whether numbers that somebody else sent are a model of this kind; any of the right length, of most kinds.

        Parameters
        ----------
        section : the model as the study asks for it
        coefficients : (size,) finite
        selected : columns of a design without that of ones
        classes : of the endpoint
        """
        del section, coefficients, selected, classes
        return True

    def losses(self, design: Array, y: Array, coefficients: Array, classes: int) -> Array:
        """(penalties,) sum over patients of the negative logarithm of the risk of their class.

        Parameters
        ----------
        design : (patients, 1 + selected)
        y : (patients,) class
        coefficients : (penalties, size)
        classes : of the endpoint
        """
        own = (np.arange(len(y)), y.astype(np.int64))
        risks = np.array([self.predict(design, model, classes)[own] for model in coefficients])
        return np.asarray(-np.log(risks.clip(_LEAST_RISK)).sum(axis=1))

    def trees(self, coefficients: Array) -> Ensemble | None:
        """Trees whose values a model adds up; None of a model without trees."""
        del coefficients
        return None

    def settled(self, class_totals: Array) -> bool:
        """Whether training patients of such classes settle a model."""
        return bool((class_totals > 0).all())

    def shown(self, coefficients: Array, selected: int, classes: int) -> tuple[float, Array]:
        """Log-odds of the last class at the features' means, and what one standard deviation of each adds to them.

        Of a model that is not linear, half of what the way from one standard deviation under the mean to one above
        adds, the other features at their means.
        """
        steps = np.concatenate([np.zeros((1, selected)), np.eye(selected), -np.eye(selected)])
        risks = self.predict(np.concatenate([np.ones((len(steps), 1)), steps], axis=1), coefficients, classes)
        odds = scipy.special.logit(risks[:, -1].clip(_LEAST_RISK, 1 - _LEAST_RISK))
        return float(odds[0]), np.asarray((odds[1 : 1 + selected] - odds[1 + selected :]) / 2)
