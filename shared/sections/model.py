"""Which model is trained: a section of its own for each kind, with only the settings that the kind reads."""

from enum import StrEnum
from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from shared.sections import unread
from shared.sections.kinds import SectionOfKind, by_kind, default_kind


class PenaltyChoice(StrEnum):
    """How a penalty is chosen from the loss in the inner folds."""

    BEST = "best"
    """Least loss."""
    ONE_STANDARD_ERROR = "one_standard_error"
    """Largest penalty whose loss is within one standard error of the least: fewer features."""


class ModelSettings(SectionOfKind):
    """What any kind of model says of itself, whatever its settings."""

    tag: ClassVar[str] = "kind"
    kind: str

    @property
    def path_length(self) -> int:
        """Among how many penalties the inner folds choose; 1 where there is nothing to choose."""
        return 1

    @property
    def inverse_strength(self) -> float:
        """Of the penalty on the sum of losses, as scikit-learn's C; infinite where there is no penalty."""
        return inf


class RidgeSettings(ModelSettings):
    """Of kinds with an L2 penalty."""

    c: float = Field(default=1.0, gt=0)
    """Inverse strength of the penalty, as scikit-learn's C; where there is a path of penalties, nothing reads it."""

    @property
    def inverse_strength(self) -> float:
        """That of the study."""
        return self.c


class ElasticNetSettings(RidgeSettings):
    """Of kinds whose penalty may be L1 in part."""

    l1_ratio: float = Field(default=0.0, ge=0, le=1)
    """Part of the penalty that is L1: 0 is ridge, 1 the LASSO, between them the elastic net."""


class PenaltyPathSettings(ElasticNetSettings):
    """Of kinds that can be trained at a whole path of penalties, from which the inner folds choose."""

    penalties: int = Field(default=1, ge=0, le=200)
    """How many penalties are tried, falling from the least that leaves no feature; chosen in the inner folds. One is
    that of `c`, and 0 is none (kind: linear)."""
    smallest_penalty: float = Field(default=0.05, gt=0, lt=1)
    """Last penalty of the path as a part of the first."""
    choice: PenaltyChoice = PenaltyChoice.BEST
    """How the penalty is chosen from the loss in the inner folds."""

    @property
    def path_length(self) -> int:
        """That of the study."""
        return max(self.penalties, 1)

    @property
    def inverse_strength(self) -> float:
        """That of the study, unless it asks for no penalty."""
        return self.c if self.penalties else inf

    @model_validator(mode="after")
    def _all_is_read(self) -> "PenaltyPathSettings":
        present, path = f"penalties: {self.penalties}", ("penalties: 2 or more", f"penalties: {self.penalties}")
        foreign = {"smallest_penalty": path, "choice": path} if self.path_length == 1 else {}
        if self.penalties != 1:
            foreign["c"] = ("penalties: 1", present)
        unread.refuse(self, foreign)
        return self


class LogisticSettings(PenaltyPathSettings):
    """Logistic regression of two classes."""

    kind: Literal["logistic"] = "logistic"

    @field_validator("penalties")
    @classmethod
    def _has_a_penalty(cls, penalties: int) -> int:
        if penalties == 0:
            raise ValueError("0 is of kind: linear; logistic has a penalty, so set it to 1")
        return penalties


class LinearSettings(PenaltyPathSettings):
    """Linear regression of a number."""

    kind: Literal["linear"] = "linear"


class NewtonSettings(ElasticNetSettings):
    """Multinomial and ordinal logistic regression and the linear support vector machine: one penalty, by Newton."""

    kind: Literal["multinomial", "ordinal", "svm"]


class ComponentsSettings(ElasticNetSettings):
    """Logistic regression of principal components."""

    kind: Literal["pca"] = "pca"
    components: int = Field(default=10, ge=1, le=200)
    """Principal components whose scores the model takes."""


class DiscriminantSettings(ModelSettings):
    """Linear and quadratic discriminant analysis."""

    kind: Literal["lda", "qda"]
    shrinkage: float = Field(default=0.0, ge=0, le=1)
    """Of covariances: of kind: lda towards the mean variance, of kind: qda towards one."""


class PerceptronSettings(RidgeSettings):
    """A small network on features, whose weights the sites average."""

    kind: Literal["mlp"] = "mlp"
    learning_rate: float = Field(default=0.1, gt=0, le=1)
    """Length of a step of gradient descent."""
    hidden: int = Field(default=8, ge=1, le=256)
    """Hidden units."""
    local_steps: int = Field(default=5, ge=1, le=1000)
    """Steps of gradient descent that a site goes between two averages; there are `training.max_iterations` averages."""
    proximal: float = Field(default=0.0, ge=0)
    """How strongly a site is held to the weights that all share (FedProx); 0 is FedAvg."""


class TreeSettings(ModelSettings):
    """Of kinds that add up trees."""

    trees: int = Field(default=20, ge=1, le=500)
    """Trees of kind: boosting; of kind: forest and xgboost so many of each site."""
    depth: int = Field(default=3, ge=1, le=6)
    """Levels of splits in a tree. Boosting takes trees x depth exchanges."""
    bins: int = Field(default=16, ge=2, le=256)
    """Ranges in which a feature is split, of equal share of a normal distribution."""
    least_patients: int = Field(default=10, ge=1)
    """Fewest patients in a leaf: of all sites in boosting, of one site in forest and xgboost."""


class ForestSettings(TreeSettings):
    """A random forest of the sites' own trees."""

    kind: Literal["forest"] = "forest"


class BoostedTreeSettings(TreeSettings):
    """Of kinds whose trees each correct those before."""

    learning_rate: float = Field(default=0.1, gt=0, le=1)
    """Part of each tree's step that is taken, of which trees of several sites have a share."""
    l2: float = Field(default=1.0, ge=0)
    """Penalty on the values of a tree's leaves."""


class BoostingSettings(BoostedTreeSettings):
    """Boosted trees of the pooled table, from histograms."""

    kind: Literal["boosting"] = "boosting"


class XgboostSettings(BoostedTreeSettings):
    """XGBoost trees of the sites, joined."""

    kind: Literal["xgboost"] = "xgboost"


_OF_KINDS = (
    LogisticSettings
    | NewtonSettings
    | LinearSettings
    | ComponentsSettings
    | DiscriminantSettings
    | BoostingSettings
    | PerceptronSettings
    | ForestSettings
    | XgboostSettings
)
SETTINGS = by_kind(_OF_KINDS)
"""Section of each kind."""

Model = Annotated[_OF_KINDS, Field(discriminator="kind"), default_kind("kind", "logistic")]
"""The model of a study: a section of its kind (`shared.models.registry` has the learner of each)."""
