"""How scanner and site effects are taken out of the features."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

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


class Covariate(Section):
    """A clinical column whose effect harmonisation must keep."""

    column: str
    kind: Literal["continuous", "categorical"]


class Harmonization(Section):
    """ComBat and its choices; fitted on training patients only."""

    method: Method = Method.COMBAT
    empirical_bayes: bool = True
    batch: Literal["site", "scanner"] = "site"
    covariates: tuple[Covariate, ...] = ()
    left_out_site: LeftOutSite = LeftOutSite.OWN_PATIENTS
    own_patients: int = Field(default=20, ge=2)
    """How many unlabelled patients a left-out site or a newcomer harmonises itself from."""
