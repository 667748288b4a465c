"""When training stops, and how a model is judged."""

from pydantic import Field

from shared.sections.section import Section


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
