"""Which model is trained, and how it is judged."""

from typing import Literal

from pydantic import Field

from shared.sections.section import Section


class Model(Section):
    """The model and its penalty."""

    kind: Literal["logistic"] = "logistic"
    c: float = Field(default=1.0, gt=0)
    """Inverse strength of the L2 penalty, as scikit-learn's C."""


class Training(Section):
    """When training stops."""

    max_iterations: int = Field(default=12, ge=1, le=100)
    tolerance: float = Field(default=1e-10, gt=0)
    """Largest change of a coefficient, relative to the largest coefficient."""


class Evaluation(Section):
    """Folds, left-out sites and the grid on which pooled scores are counted."""

    folds: int = Field(default=5, ge=0, le=20)
    """Folds within each site, stratified by class; 0 for none."""
    leave_one_site_out: bool = True
    score_bins: int = Field(default=200, ge=10, le=10_000)
    seed: int = 1
