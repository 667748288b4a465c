"""What came out of a study: the model of `result.json`, and all that the report shows.

Only counts, sums and what follows from them. A count that is None lies under the study's minimum of patients;
a measure that is None has no value (one class, separated classes, too few patients).
"""

import math
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from shared import document
from shared.contract import Way
from shared.frozen_harmonization import FrozenHarmonization
from shared.habitat_model import HabitatModel
from shared.part import Part
from shared.plan import Arm, View
from shared.sections.imaging import ImageName
from shared.site_probes import SiteProbes
from shared.study import Study

NOTICES = {
    "simulated": "SIMULATED PATIENTS. Effects were programmed. Performance says nothing about patients. "
    "Research use only; not a medical device.",
    "real": "Research use only; not a medical device.",
}
"""What every page says, by `question.patients`."""


def _number_or_none(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Measure = Annotated[float | None, BeforeValidator(_number_or_none)]
"""A finite number, or None where there is none; NaN becomes None."""


class Software(Part):
    """A package and its version."""

    name: str
    version: str


class Exclusion(Part):
    """Patients left out for one reason."""

    reason: str
    """A code of `shared.errors.Code` or of the site's exclusions."""
    patients: int | None


class Participant(Part):
    """A site that took part, in its own counts."""

    site: str
    patients: int
    classes: tuple[int | None, ...]
    """Patients of each class of the endpoint, in its order."""
    exclusions: tuple[Exclusion, ...]
    scanners: tuple[str, ...]
    settings: str
    """Hash of the settings under which the features were computed."""
    software: tuple[Software, ...]


class Distribution(Part):
    """One feature over the sites, on one scale."""

    counts: tuple[tuple[int, ...], ...]
    """Of each site, in the order of the participants: patients in each range."""
    means: tuple[Measure, ...]
    sds: tuple[Measure, ...]
    explained: Measure
    """Share of the variance that the site explains (eta squared)."""
    p_value: Measure
    """Of no difference between the sites' means (one-way analysis of variance)."""


class FeatureHarmonization(Part):
    """A feature before and after harmonisation, both in the same ranges."""

    feature: str
    edges: tuple[float, ...]
    """Limits of the ranges, rising; one more than there are ranges. The outer ranges are open."""
    before: Distribution
    after: Distribution

    @model_validator(mode="after")
    def _ranges_fit(self) -> Self:
        ranges = {len(counts) for one in (self.before, self.after) for counts in one.counts}
        if ranges - {len(self.edges) - 1}:
            raise ValueError(f"{self.feature}: {len(self.edges)} edges do not limit {ranges} ranges")
        return self


class Coefficient(Part):
    """What one standard deviation of a feature adds to the log-odds (of the last class against the first, or others).

    Of a model that is not linear, about the means of all features (`shared.models.learner.Learner.shown`).
    """

    feature: str
    value: float
    mean: float
    """Of the harmonised feature over training patients; subtracted before `value` applies."""
    sd: float
    """Divided by before `value` applies."""


class Tested(Part):
    """A test of one feature."""

    statistic: Measure
    """F; None where nothing varies within the groups."""
    p_value: float
    explained: float
    """Share of the feature's variance."""


class FeatureTests(Part):
    """What tells patients apart by one feature, over all patients who entered the study."""

    site_mean: Tested
    site_spread: Tested
    scanner_mean: Tested
    scanner_spread: Tested
    covariates: Tested | None
    """Of all covariates together, within scanners; None without any, or where the scanner settles them."""
    label: Tested | None
    """Of the endpoint, within scanners; None where no scanner saw two classes."""
    skewness: float
    tied: float
    """Share of patients at the most frequent value of their scanner."""
    awkward: bool
    """So skewed or tied that harmonisation itself can write the batch into the feature."""


class AssessedFeature(Part):
    """One feature before harmonisation and after it."""

    feature: str
    before: FeatureTests
    after: FeatureTests


class FeatureStability(Part):
    """How far a feature depends on who drew, or on changes that mean nothing, over all sites."""

    feature: str
    icc: Measure
    """ICC(2,1) from the summed squares; None where no site could measure it."""
    low: Measure
    high: Measure
    """Ends of its 95 % interval."""
    patients: int
    """Measured several times."""
    votes: int
    """Sites at which it is stable enough."""
    voices: int
    """Sites that could say so."""
    stable: bool
    """Whether it may enter the model."""


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
    """Mean loss on the patients whom the inner folds left out."""
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
    halves: Measure = None
    """Share of the halves of the patients that chose it; None where the study does not ask, or it was not looked at."""
    entered: bool
    """Whether the model has it."""


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
    offered: int
    """Features that entered the selection."""
    candidates: tuple[Candidate, ...] = ()
    """Of every feature; empty in results from before it was kept."""
    harmonization: FrozenHarmonization | None = None
    """None in results from before it was kept."""
    training: Training


class Round(Part):
    """One round of a network's training, of the model of all patients as it came in."""

    loss: float
    """Mean log-loss over the judged patients of all sites."""
    auc: Measure
    """Of validation patients, pairs within sites; None without them."""
    site_loss: tuple[float, ...] = ()
    """At each site, in the order of the participants; empty where the study hides the sums of single sites."""
    change: float
    """Norm of the change of all averaged weights."""


class Attention(Part):
    """Where the network looks, over the patients of all sites."""

    name: str
    patients: int
    inside: float
    """Mean share of the attention that lies in the lesion."""
    area: float
    """Mean share of the crop that the lesion is: what attention that knows nothing would have."""
    peaks: float
    """Share of patients in whom the attention is largest in the lesion."""


class VariableScale(Part):
    """How a clinical variable enters a network."""

    name: str
    mean: float
    """Subtracted."""
    sd: float
    """Divided by, after that."""


class FinalNetwork(Part):
    """The network trained on the patients of all sites."""

    weights: int
    """How many there are."""
    averaged: int
    """How many travelled in each round."""
    digest: str
    """SHA-256 of the weights; the file lies beside the report and at every site."""
    fits: int
    """Models trained at once: folds, left-out sites and the final one."""
    rounds: tuple[Round, ...]
    variables: tuple[VariableScale, ...] = ()
    attention: tuple[Attention, ...] = ()


class IntervalKind(StrEnum):
    """Where an interval comes from, in the words of the report."""

    DELONG = "DeLong, frozen model on untouched patients"
    REPETITION = "spread over repeated cross-validation"
    BOOTSTRAP = "bootstrap within sites"


class Interval(Part):
    """95 % interval of a measure."""

    low: float
    high: float
    kind: IntervalKind


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

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
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
    pairs: int
    chance_low: Measure
    chance_high: Measure
    """Central 95 % range of scores that know nothing."""
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
    positives: int
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
    resampled: Interval | None
    """Bootstrap within sites, of the scores of the first repetition."""
    pooled_auc: Measure
    pooled_auc_bound: Measure
    average_precision: Measure
    brier: Measure
    called: Called
    difference: Measure
    """AUC less that of the study's model."""
    difference_interval: Interval | None = None
    """Of `difference`: paired, in the same resamples; with DeLong's variance where models were frozen. None where the
    two were not evaluated on the same patients."""
    difference_p: Measure
    """Paired DeLong, frozen models on untouched patients only."""


class Transfer(Part):
    """A model that one site trained of its own patients alone, at one site."""

    train: str
    test: str
    auc: float
    """On the site's own patients: of folds that had not seen them."""
    pairs: int
    interval: Interval | None
    """Of models that had seen no patient of the test site."""


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


class ExplainedFeature(Part):
    """By what the final model decides, for one of its features (`shared.explanation`)."""

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
    """Patients of all sites by class (rows) and call."""
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


class Traffic(Part):
    """What one site sent and received in one exchange."""

    site: str
    bytes_up: int
    bytes_down: int
    seconds: float


class Exchange(Part):
    """One question to all sites and their answers."""

    step: str
    seconds: float
    traffic: tuple[Traffic, ...]


class Departure(Part):
    """One quantity that left every site."""

    step: str
    quantity: str
    words: str
    way: Way | None
    """None for words (names, versions), which travel in the clear."""
    shape: tuple[int, ...]
    times: int
    """Number of exchanges in which it left."""


class LockedProtocol(Part):
    """The study as it was frozen before labels were used."""

    digest: str
    on: date


class Provenance(Part):
    """What a repetition needs."""

    run: str
    software: tuple[Software, ...]
    """At the coordinator."""
    audit_logs: dict[str, str] = Field(default_factory=dict)
    """Of each site that told it: digest of the last entry of its log."""


class Result(Part):
    """A study's result, whole."""

    format: int = 1
    study: Study
    study_digest: str
    participants: tuple[Participant, ...]
    harmonized: tuple[FeatureHarmonization, ...]
    """Every feature of the study; empty without harmonisation or where sums of single sites are hidden."""
    assessed: tuple[AssessedFeature, ...] = ()
    """What still tells the sites apart, of every feature of the study, from sums over all sites."""
    site_probes: SiteProbes | None = None
    """How well classifiers guess the site; None where the study does not probe."""
    stability: tuple[FeatureStability, ...] = ()
    """Of every feature; empty where the study does not ask."""
    standards: dict[ImageName, tuple[float, ...]] = Field(default_factory=dict)
    """Landmarks of the standard histogram of each image, of all sites together; empty where the study asks for none."""
    habitats: HabitatModel | None = None
    """None where the study asks for no habitats."""
    model: FinalModel | None = None
    """None where the study trains a network."""
    network: FinalNetwork | None = None
    evaluations: tuple[ViewEvaluation, ...]
    comparisons: tuple[Measured, ...] = ()
    """The model and what it is held against, on the same patients."""
    transfers: tuple[Transfer, ...] = ()
    """Each site's own model at each site; empty where the sums of single sites are hidden."""
    explained: tuple[ExplainedFeature, ...] = ()
    """Features of the final model, from the largest weight on."""
    chance: Chance | None = None
    """None where the study does not shuffle labels."""
    class_calls: tuple[ClassCalls, ...] = ()
    """Of the model, in every view."""
    exchanges: tuple[Exchange, ...]
    departures: tuple[Departure, ...]
    deviations: tuple[str, ...] = ()
    """What went otherwise than the study file or its locked protocol says, a sentence each."""
    locked: LockedProtocol | None = None
    """None where the study was not locked beforehand."""
    provenance: Provenance

    @property
    def notice(self) -> str:
        """What every page says."""
        return NOTICES[self.study.question.patients]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all but traffic and provenance: equal for a repetition with the same data and seed."""
        return document.digest(self.model_dump(mode="json", exclude={"exchanges", "provenance"}))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.study_digest != self.study.digest:
            raise ValueError("study_digest is not the digest of the study in this result")
        classes = len(self.study.question.endpoint.classes)
        if any(len(one.classes) != classes for one in self.participants):
            raise ValueError(f"every participant has a count for each of the {classes} classes")
        sites = [one.site for one in self.participants]
        for evaluation in self.evaluations:
            if not {one.site for one in evaluation.sites} <= set(sites):
                raise ValueError(f"{evaluation.view}: a site is evaluated that took no part")
        return self
