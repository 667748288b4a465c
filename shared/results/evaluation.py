"""How well a model does at sites that it did or did not see, and what that is held against."""

from shared.results.measure import Interval, Measure
from shared.results.part import Part
from shared.study.plan import Arm, View


class RocPoints(Part):
    """An ROC curve by its corners, from (0, 0) to (1, 1)."""

    threshold: tuple[Measure, ...]
    """Falling; the first, under which nobody is called positive, is None."""
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]


class CalibrationPoints(Part):
    """Observed against predicted risk in groups of patients."""

    patients: tuple[int, ...]
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Recalibrated(Part):
    """Slope (1 is ideal) and intercept (0 is ideal), with standard errors."""

    slope: Measure
    slope_standard_error: Measure
    intercept: Measure
    intercept_standard_error: Measure


class BenefitPoints(Part):
    """Net benefit per patient at each threshold; that of treating nobody is 0."""

    threshold: tuple[float, ...]
    model: tuple[float, ...]
    treat_all: tuple[float, ...]


class Called(Part):
    """Patients by class and call, at thresholds that were chosen on training patients (Youden)."""

    true_positives: int | None
    false_positives: int | None
    false_negatives: int | None
    true_negatives: int | None
    """None where the counts of a single site would follow."""
    sensitivity: Measure
    specificity: Measure


class SiteEvaluation(Part):
    """How the model did at one site, computed there."""

    site: str
    positives: int | None
    negatives: int | None
    auc: Measure
    """Exact."""
    interval: Interval | None = None
    brier: Measure
    recalibration: Recalibrated
    roc: RocPoints | None = None
    """On the grid of scores; None where the study hides the sums of single sites."""
    called: Called | None = None
    """None where the site has too few patients to say."""


class Stratified(Part):
    """AUC of pairs within sites."""

    auc: Measure
    """Over all sites, also those whose own numbers are hidden; the mean over repetitions."""
    pairs: int | None
    """None where those of a single site would follow that hides them."""
    chance_low: Measure
    chance_high: Measure
    """Central 95 % range of models whose training labels say nothing."""
    interval: Interval | None = None


class PrecisionRecallPoints(Part):
    """A precision-recall curve at the thresholds of the grid that some patient reaches, rising."""

    threshold: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    average_precision: float


class Pooled(Part):
    """All sites together, from scores counted on the study's grid."""

    patients: int
    positives: int | None
    """None where those of a single site would follow that hides them."""
    auc: Measure
    auc_bound: Measure
    """Largest possible difference from the AUC of the unrounded scores."""
    brier: Measure
    recalibration: Recalibrated
    roc: RocPoints | None
    calibration: CalibrationPoints
    benefit: BenefitPoints | None
    precision_recall: PrecisionRecallPoints | None = None


class Measured(Part):
    """How one arm did in one view, for one class against the others: a line of the table of baselines."""

    arm: Arm
    view: View
    target: str
    """Name of the class that is judged."""
    auc: Measure
    """Of pairs within sites, over all sites together; the mean over repetitions."""
    spread: Measure
    """Standard deviation of `auc` over repetitions: the floor under which a difference is noise."""
    interval: Interval | None
    """Of `auc`; None of scores that tell no patients of a site apart."""
    pooled_auc: Measure
    pooled_auc_bound: Measure
    average_precision: Measure
    brier: Measure
    called: Called
    difference: Measure
    """AUC less that of the study's model."""
    difference_interval: Interval | None = None
    """Of `difference`: paired, in the same resamples; with DeLong's variance where models were frozen. As wide as
    patients who train each other's models make it. None where the two were not evaluated on the same patients."""
    difference_p: Measure
    """Paired DeLong, with the same width; of models that were frozen before they met the patients' sites."""


class Transfer(Part):
    """A model that one site trained of its own patients alone, at one site."""

    train: str
    test: str
    auc: float
    """On the site's own patients: of folds that had not seen them. Of several classes the mean of each against the
    others, of a number the concordance index."""
    pairs: int
    interval: Interval | None
    """Of models that had seen no patient of the test site; None of several classes."""


class Chance(Part):
    """What the same study finds where labels are shuffled within sites and folds."""

    shuffles: int
    auc: Measure
    """Of the true labels: pairs within sites, cross-validated; the mean over several classes."""
    p_value: float
    """Share of shuffles, the true labels counted among them, that reach `auc`."""
    mean: Measure
    low: Measure
    high: Measure
    """Central 95 % of the shuffles."""
    aucs: tuple[float, ...]
    """Of every shuffle, rising."""
    exchanges: int
    """That the shuffles took, apart from the study's others."""
    bytes_up: int
    """That they took of one site, at most."""
    converged: bool


class Recall(Part):
    """Share of each class that the model calls rightly."""

    where: str
    """A site, a make of scanner, or all."""
    patients: tuple[int, ...]
    """Of each class; 0 where they are too few to be shown."""
    recall: tuple[Measure, ...]


class ClassCalls(Part):
    """Which class the model calls patients, in one view."""

    view: View
    matrix: tuple[tuple[int, ...], ...]
    """Patients of all sites by class (rows) and call; empty where those of a single site would follow."""
    overall: Recall
    sites: tuple[Recall, ...]
    vendors: tuple[Recall, ...]


class ViewEvaluation(Part):
    """One way of evaluating."""

    view: View
    target: str = ""
    """Name of the class whose risk is judged, where there are more than two."""
    sites: tuple[SiteEvaluation, ...]
    stratified: Stratified
    pooled: Pooled
