"""Which model is trained, and how it is judged."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.sections.section import Section

Kind = Literal[
    "logistic", "multinomial", "ordinal", "linear", "svm", "pca", "lda", "qda", "boosting", "mlp", "forest", "xgboost"
]


class PenaltyChoice(StrEnum):
    """How a penalty is chosen."""

    BEST = "best"
    """Least loss."""
    ONE_STANDARD_ERROR = "one_standard_error"
    """Largest penalty whose loss is within one standard error of the least: fewer features."""


class Model(Section):
    """The model and its penalty."""

    kind: Kind = "logistic"
    c: float = Field(default=1.0, gt=0)
    """Inverse strength of the penalty, as scikit-learn's C; where there is a path of penalties, nothing reads it."""
    l1_ratio: float = Field(default=0.0, ge=0, le=1)
    """Part of the penalty that is L1: 0 is ridge, 1 the LASSO, between them the elastic net."""
    penalties: int = Field(default=1, ge=0, le=200)
    """How many penalties are tried, falling from the least that leaves no feature; chosen in the inner folds. One is
    that of `c`, and 0 is none (kind: linear)."""
    smallest_penalty: float = Field(default=0.05, gt=0, lt=1)
    """Last penalty of the path as a part of the first."""
    choice: PenaltyChoice = PenaltyChoice.BEST
    """How the penalty is chosen from the loss in the inner folds."""
    components: int = Field(default=10, ge=1, le=200)
    """Principal components whose scores a model of kind: pca takes."""
    shrinkage: float = Field(default=0.0, ge=0, le=1)
    """Of covariances in discriminant analysis: of kind: lda towards the mean variance, of kind: qda towards one."""
    trees: int = Field(default=20, ge=1, le=500)
    """Trees of kind: boosting; of kind: forest and xgboost so many of each site."""
    depth: int = Field(default=3, ge=1, le=6)
    """Levels of splits in a tree. Boosting takes trees x depth exchanges."""
    bins: int = Field(default=16, ge=2, le=256)
    """Ranges in which a feature is split, of equal share of a normal distribution."""
    learning_rate: float = Field(default=0.1, gt=0, le=1)
    """Part of each boosted tree's step that is taken, of which trees of several sites have a share; length of a step of
    kind: mlp."""
    hidden: int = Field(default=8, ge=1, le=256)
    """Hidden units of kind: mlp."""
    local_steps: int = Field(default=5, ge=1, le=1000)
    """Steps of gradient descent that a site goes between two averages, of kind: mlp; there are
    `training.max_iterations` averages."""
    proximal: float = Field(default=0.0, ge=0)
    """How strongly a site is held to the weights that all share (FedProx), of kind: mlp; 0 is FedAvg."""
    l2: float = Field(default=1.0, ge=0)
    """Penalty on the values of a boosted tree's leaves."""
    least_patients: int = Field(default=10, ge=1)
    """Fewest patients in a leaf: of all sites in boosting, of one site in forest and xgboost."""


class Training(Section):
    """When training stops."""

    max_iterations: int = Field(default=30, ge=1, le=100)
    tolerance: float = Field(default=1e-10, gt=0)
    """Largest breach of the optimality conditions of the mean loss; a path of penalties ends at 1e-8."""


class Evaluation(Section):
    """Folds, left-out sites and the grid on which pooled scores are counted."""

    folds: int = Field(default=5, ge=0, le=20)
    """Folds within each site, stratified by class; 0 for none."""
    repeats: int = Field(default=1, ge=1, le=50)
    """How often the folds are drawn anew; more than once, intervals come from the repetition."""
    inner_folds: int = Field(default=5, ge=2, le=10)
    """Folds within the training patients of every fold and left-out site, where a penalty is chosen."""
    leave_one_site_out: bool = True
    external_sites: tuple[str, ...] = ()
    """Sites whose patients train nothing: the final model, frozen, is tested on them, as on a site that is left out."""
    score_bins: int = Field(default=200, ge=10, le=10_000)
    resamples: int = Field(default=200, ge=0, le=10_000)
    """Bootstrap samples within sites, of the scores that are evaluated."""
    permutations: int = Field(default=0, ge=0, le=10_000)
    """How often labels are shuffled within sites and folds, and everything after harmonization is done anew, to see
    which AUC chance gives in cross-validation; 0 for none."""
    explain: bool = True
    """Whether the final model tells how far each feature moves its scores, from sums over all patients."""
    seed: int = 1
