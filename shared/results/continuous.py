"""How well predictions of a continuous endpoint agree with it; all values in the endpoint's unit."""

from shared.results.evaluation import Recalibrated
from shared.results.measure import Interval, Measure
from shared.results.part import Part
from shared.study.plan import Arm, View


class SiteResiduals(Part):
    """How the model did at one site, computed there."""

    site: str
    patients: int | None
    """None under the study's minimum."""
    concordance: Measure
    """Share of pairs of patients of different outcome that are ranked rightly."""
    interval: Interval | None = None
    correlation: Measure
    rmse: Measure
    mae: Measure
    bias: Measure
    """Mean of predicted less observed value."""
    recalibrated: Recalibrated


class Ranking(Part):
    """Concordance index of pairs within sites."""

    concordance: Measure
    pairs: int
    interval: Interval | None = None


class Agreement(Part):
    """All sites together (`shared.metrics.residuals`)."""

    patients: int
    correlation: Measure
    """Within sites."""
    correlation_interval: Interval | None = None
    r_squared: Measure
    """Within sites."""
    r_squared_interval: Interval | None = None
    pooled_r_squared: Measure
    rmse: Measure
    rmse_interval: Interval | None = None
    mae: Measure
    mae_interval: Interval | None = None
    bias: Measure
    agreement_low: Measure
    agreement_high: Measure
    """Limits of agreement of predicted less observed value (Bland and Altman)."""
    recalibrated: Recalibrated


class GroupPoints(Part):
    """Observed against predicted mean in groups of patients by predicted value, of equal size at each site."""

    patients: tuple[int, ...]
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    """95 % limits of the observed mean."""


class Differences(Part):
    """How many patients have a difference of predicted less observed value in each range; the outer ones are open."""

    limits: tuple[float, ...]
    patients: tuple[int, ...]


class ViewResiduals(Part):
    """One way of evaluating."""

    view: View
    sites: tuple[SiteResiduals, ...]
    within: Ranking
    agreement: Agreement
    groups: GroupPoints | None
    """None where sites have too few patients for groups."""
    differences: Differences


class ComparedResiduals(Part):
    """How one arm did in one view: a line of the table of baselines."""

    arm: Arm
    view: View
    concordance: Measure
    """Of pairs within sites; the mean over repetitions, like the measures after it."""
    spread: Measure
    """Standard deviation of `concordance` over repetitions: the floor under which a difference is noise."""
    interval: Interval | None
    """Of the mean over repetitions."""
    correlation: Measure
    r_squared: Measure
    rmse: Measure
    mae: Measure
    difference: Measure
    """Concordance less that of the study's model."""
    difference_interval: Interval | None = None
    """Paired, of frozen models on untouched patients."""
    difference_p: Measure = None
