"""How scanner and site effects are taken out of the features."""

from enum import StrEnum
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from shared.sections.section import Section


class Method(StrEnum):
    """Variant of ComBat."""

    NONE = "none"
    COMBAT = "combat"


class LeftOutSite(StrEnum):
    """How a site that took no part in the fit is brought onto its scale."""

    RAW = "raw"
    OWN_PATIENTS = "own_patients"
    """From a disjoint set of its own unlabelled patients, which are then not evaluated."""
    TRANSDUCTIVE = "transductive"
    """From the very patients that are evaluated, without their labels."""


class SmallBatches(StrEnum):
    """What happens to the scanners of a site that have too few patients to be harmonised alone."""

    MERGE = "merge"
    """They become one batch; if that is still too small, it joins the site's largest."""
    LEAVE_OUT = "leave_out"
    """Their patients leave the study, counted."""


class Covariate(Section):
    """A clinical column whose effect harmonisation must keep."""

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
    empirical_bayes: bool = True
    """A batch's effect on one feature borrows from its effects on the others."""
    parametric: bool = True
    """With empirical Bayes: normal and inverse gamma priors; otherwise the other features' effects themselves."""
    mean_only: bool = False
    """Batches are moved and not stretched: for batches of few patients."""
    batch: Literal["site", "scanner", "software"] = "site"
    """What is harmonised as one: a site, each of its scanners, or each scanner from one upgrade to the next."""
    smallest_batch: int = Field(default=10, ge=2)
    """Fewest patients of a scanner that is a batch of its own."""
    small_batches: SmallBatches = SmallBatches.MERGE
    reference_site: str | None = None
    """Site whose features stay as they are and to which all others are brought, where a fit includes it. The sums of
    its training patients are decoded for every fit."""
    covariates: tuple[Covariate, ...] = ()
    keep_endpoint: bool = False
    """The endpoint is a covariate too: training patients are harmonised by their own class, all others by the mean of
    the classes. The report warns of it."""
    left_out_site: LeftOutSite = LeftOutSite.OWN_PATIENTS
    own_patients: int = Field(default=20, ge=2)
    """How many unlabelled patients a left-out site or a newcomer harmonises itself from."""
