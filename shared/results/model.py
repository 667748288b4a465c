"""The final model, how it was found, and what it leans on."""

from shared.results.frozen_harmonization import FrozenHarmonization
from shared.results.measure import Measure
from shared.results.part import Part


class Coefficient(Part):
    """What one standard deviation of a feature adds to the log-odds (of the last class against the first, or others).

    Of a continuous endpoint, to its value, in its unit.

    Of a model that is not linear, about the means of all features (`shared.models.learner.Learner.shown`).
    """

    feature: str
    value: float
    mean: float
    """Of the harmonized feature over training patients; subtracted before `value` applies."""
    sd: float
    """Divided by before `value` applies."""


class Training(Part):
    """How the search for the coefficients went."""

    fits: int
    """Models trained at once: folds, left-out sites and the final one."""
    iterations: int
    converged: bool
    largest_change: float
    """Of a coefficient in the last step, relative to the largest coefficient, over all fits."""
    unusable: tuple[str, ...] = ()
    """Fits whose training patients were of one class only."""


class Tuning(Part):
    """How the penalty was chosen."""

    penalties: tuple[float, ...]
    """Falling, in units of the mean loss."""
    held_out_loss: tuple[float, ...]
    """Mean loss on the patients whom the inner folds left out; of a number the mean squared error, in its unit."""
    chosen: int
    features: tuple[int, ...]
    """How many features each penalty leaves."""


class CombinedModel(Part):
    """The model's score beside clinical variables: what the nomogram draws."""

    intercept: float
    coefficients: tuple[Coefficient, ...]
    """The score first, in log-odds."""


class Candidate(Part):
    """How one feature fared in the selection of the final model."""

    feature: str
    statistic: Measure
    """F of the difference between the classes, over all training patients."""
    p_value: Measure
    half_samples: Measure = None
    """Share of the half-samples that chose it; None where the study does not ask, or it was not looked at."""
    entered: bool
    """Whether the model uses it: its coefficient is not zero."""
    repeats: str | None = None
    """A feature before it that is the same but for unit and sign, or to which, with others, it adds nothing: the model,
    which could not tell them apart, was trained without it."""


class FinalModel(Part):
    """The model trained on the patients of all sites."""

    kind: str = "logistic"
    intercept: float
    coefficients: tuple[Coefficient, ...]
    vector: tuple[float, ...] = ()
    """The model as its kind reads it (`shared.models.learner.Learner.predict`), for features in the order of
    `coefficients`, which then show what each adds; empty where these are the model."""
    columns: int = 0
    """Columns that `vector` is for, after that of ones; those beyond `coefficients` are zero."""
    penalty: float | None = None
    """In units of the mean loss."""
    tuning: Tuning | None = None
    combined: CombinedModel | None = None
    threshold: float | None = None
    """Risk from which a patient is called positive, chosen on training patients."""
    differences: tuple[float, float] | None = None
    """Of a continuous endpoint: limits of predicted less observed value in 95 % of patients whom models had not seen,
    of external or left-out sites where there are any (Bland and Altman)."""
    offered: int
    """Features that entered the selection."""
    candidates: tuple[Candidate, ...] = ()
    """Of every feature; empty in results from before it was kept."""
    harmonization: FrozenHarmonization | None = None
    """None in results from before it was kept."""
    training: Training


class ExplainedFeature(Part):
    """By what the final model decides, for one of its features (`shared.training.explanation`)."""

    feature: str
    weight: float
    """A standard deviation adds so much to the score; of several classes, to that of the last against the first. Of
    trees: how far the values on either side of its splits lie apart, summed up."""
    attribution: float
    """Mean over all patients of how far the feature moves the score, without sign.

    Linear SHAP; of trees, SHAP against the patients of the same site.
    """
    moves: tuple[float, ...]
    """Limits of ranges of that, with sign; the outer ranges are open."""
    moved: tuple[int, ...]
    """Patients in each range."""
    settings: tuple[float, ...]
    """Values of the feature, in standard deviations about its mean."""
    dependence: tuple[tuple[float, ...], ...]
    """Of each class: mean risk over all patients, were the feature at each of them."""
    importance: Measure
    """AUC within sites that is lost, cross-validated, where its values are exchanged within sites."""
