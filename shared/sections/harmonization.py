"""How scanner and site effects are taken out of the features."""

from enum import StrEnum
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from shared.sections import unread
from shared.sections.section import Section


class Method(StrEnum):
    """Variant of ComBat."""

    NONE = "none"
    COMBAT = "combat"
    COVBAT = "covbat"
    """ComBat, then the same on principal components, so that batches also share their covariance; one exchange more."""


class Transform(StrEnum):
    """How features are transformed before harmonization, by what all sites have in common of the training patients."""

    NONE = "none"
    POWER = "power"
    """Each feature by the power of Yeo and Johnson's family at which it is likeliest normal."""
    RANK = "rank"
    """Normal scores: the normal quantile of the share of patients under a value."""


class Missing(StrEnum):
    """What happens to a patient who lacks some features."""

    LEAVE_OUT = "leave_out"
    """The patient leaves the study, counted."""
    IMPUTE = "impute"
    """The patient stays. Each feature is harmonized as if only those who have it were there; the model then takes the
    mean of the fold's training patients. Who lacks what too few others lack leaves the study, counted."""


class LeftOutSite(StrEnum):
    """How a site that took no part in the fit is brought onto its scale."""

    RAW = "raw"
    OWN_PATIENTS = "own_patients"
    """From a disjoint set of its own unlabelled patients, which are then not evaluated."""
    TRANSDUCTIVE = "transductive"
    """From the very patients that are evaluated, without their labels."""


class SmallBatches(StrEnum):
    """What happens to the scanners of a site that have too few patients to be harmonized alone."""

    MERGE = "merge"
    """They become one batch; if that is still too small, it joins the site's largest."""
    LEAVE_OUT = "leave_out"
    """Their patients leave the study, counted."""


class SiteProbe(Section):
    """How well classifiers still guess the site: a linear one and a random forest, from sums.

    They guess before harmonization, after it, and after ComBat on labels dealt anew, which shows what ComBat itself
    writes into the features.
    """

    deals: int = Field(default=100, ge=1, le=1000)
    """Deals of labels. Each gives sums over random groups of patients, of which there may not be too many."""
    trees: int = Field(default=20, ge=1, le=200)
    depth: int = Field(default=3, ge=1, le=8)
    """Levels of the trees; an exchange each, and two more."""
    rules: int = Field(default=20, ge=1, le=200)
    """Rules from which a node of a tree chooses."""


class Covariate(Section):
    """A clinical column whose effect harmonization must keep."""

    column: str
    kind: Literal["continuous", "categorical", "spline"]
    """A number that acts linearly, a category, or a number that acts along a cubic spline."""
    knots: tuple[float, ...] = ()
    """Where a spline bends, ascending; it is straight beyond the outer ones."""

    @model_validator(mode="after")
    def _knots_where_they_belong(self) -> "Covariate":
        ascending = all(low < high for low, high in pairwise(self.knots))
        if self.kind == "spline" and (len(self.knots) < 3 or not ascending):
            raise ValueError(f"{self.column}: a spline needs three or more ascending knots")
        if self.kind != "spline" and self.knots:
            raise ValueError(f"{self.column}: only a spline has knots; set kind: spline, or remove them")
        return self


class Harmonization(Section):
    """ComBat and its choices; fitted on training patients only."""

    method: Method = Method.COMBAT
    transform: Transform = Transform.NONE
    missing: Missing = Missing.LEAVE_OUT
    empirical_bayes: bool = True
    """A batch's effect on one feature borrows from its effects on the others."""
    parametric: bool = True
    """With empirical Bayes: normal and inverse gamma priors; otherwise the other features' effects themselves."""
    mean_only: bool = False
    """Batches are moved and not stretched: for batches of few patients."""
    clip: float | None = Field(default=None, ge=3)
    """Pooled standard deviations from the mean within which every harmonized value is held; those beyond count as the
    limit. None holds nothing in."""
    batch: Literal["site", "scanner", "software"] = "site"
    """What is harmonized as one: a site, each of its scanners, or each scanner from one upgrade to the next."""
    smallest_batch: int = Field(default=10, ge=2)
    """Fewest patients of a scanner that is a batch of its own."""
    small_batches: SmallBatches = SmallBatches.MERGE
    joined: tuple[str, ...] = ()
    """Scanners that are one batch at all sites which have them, at least three, instead of one at each. Sums of such a
    batch are decoded."""
    share: float = Field(default=0.95, gt=0, lt=1)
    """CovBat's components: as many as it takes to exceed this share of the variance."""
    reference_site: str | None = None
    """Site whose features stay as they are and to which all others are brought, where a fit includes it. The sums of
    its training patients are decoded for every fit."""
    covariates: tuple[Covariate, ...] = ()
    keep_endpoint: bool = False
    """The endpoint is a covariate too: training patients are harmonized by their own class, all others by the mean of
    the classes. The report warns of it."""
    left_out_site: LeftOutSite = LeftOutSite.OWN_PATIENTS
    own_patients: int = Field(default=20, ge=2)
    """How many unlabelled patients a left-out site or a newcomer harmonizes itself from."""
    probe: SiteProbe | None = None
    """Ask classifiers for the site; it decodes sums of each single site."""

    @model_validator(mode="after")
    def _goes_together(self) -> "Harmonization":
        if self.joined and (self.batch != "scanner" or self.method is Method.NONE):
            raise ValueError("harmonization.joined names scanners; it needs batch: scanner, and a method")
        if self.joined and self.reference_site is not None:
            raise ValueError("harmonization.joined needs batch: scanner, harmonization.reference_site batch: site")
        if self.method is Method.COVBAT and self.reference_site is not None:
            raise ValueError("CovBat as published knows no reference; use method: combat, or no reference_site")
        if self.method is Method.COVBAT and self.joined:
            raise ValueError("CovBat is fitted within sites; use method: combat, or join no scanners")
        if self.method is Method.COVBAT and self.missing is Missing.IMPUTE:
            raise ValueError(
                "CovBat needs every feature of every patient: a covariance of those who happen to have two features "
                "need not be one; set harmonization.missing: leave_out, or use method: combat"
            )
        return self

    @model_validator(mode="after")
    def _all_is_read(self) -> "Harmonization":
        present = f"method: {self.method.value}"
        foreign: dict[str, tuple[str, str]] = {}
        if not self.empirical_bayes:
            foreign["parametric"] = ("empirical_bayes: true", "empirical_bayes: false")
        if self.method is not Method.COVBAT:
            foreign["share"] = ("method: covbat", present)
        if self.method is Method.NONE:
            variants = ("empirical_bayes", "parametric", "mean_only")
            foreign |= dict.fromkeys(variants, ("method: combat or covbat", present))
        if self.batch == "site":
            sizes = ("smallest_batch", "small_batches")
            foreign |= dict.fromkeys(sizes, ("batch: scanner or software", "batch: site"))
        unread.refuse(self, foreign)
        return self
