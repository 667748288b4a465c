"""What the sites have agreed on: the facts of the inventory, and harmonization."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmonization.array import Rows
from harmonization.covbat import Components
from harmonization.fits import Agreed as Regression
from harmonization.normalizing_transform import NormalizingTransform
from shared.study.plan import Fit

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Agreed:
    """What all sites have agreed on since their inventories."""

    features: tuple[str, ...]
    columns: tuple[str, ...]
    """Names of the columns whose effects harmonization keeps."""
    declared: int
    """How many of these are of covariates; the others are of the endpoint, where the study keeps it."""
    fits: tuple[Fit, ...]
    categories: dict[str, list[str]]
    """Levels of every categorical covariate."""
    joined: dict[str, list[str]]
    """Sites that have each scanner that the study joins."""
    extras: tuple[str, ...]
    """Names of the columns of clinical variables, and of the volume, as baselines use them."""


@dataclass(frozen=True)
class Harmonized:
    """What all sites have agreed on for harmonization, in every fit."""

    regression: Regression
    incomplete: Rows
    """Features that are missing in some patients."""
    normalizing_transforms: tuple[NormalizingTransform, ...] = ()
    components: tuple[Components, ...] = ()
    """Principal components of CovBat, one for each fit."""
