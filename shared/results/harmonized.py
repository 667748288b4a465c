"""What harmonization did to each feature, and what still tells sites apart."""

from typing import Self

from pydantic import model_validator

from shared.results.measure import Measure
from shared.results.part import Part


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
    """A feature before and after harmonization, both in the same ranges."""

    feature: str
    edges: tuple[float, ...]
    """Limits of the ranges, rising; one more than there are ranges. The outer ranges are open."""
    before: Distribution
    after: Distribution

    @model_validator(mode="after")
    def _ranges_fit(self) -> Self:
        ranges = {len(counts) for distribution in (self.before, self.after) for counts in distribution.counts}
        if ranges - {len(self.edges) - 1}:
            raise ValueError(f"{self.feature}: {len(self.edges)} edges do not limit {ranges} ranges")
        return self


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
    """So skewed or tied that harmonization itself can write the batch into the feature."""


class AssessedFeature(Part):
    """One feature before harmonization and after it."""

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
