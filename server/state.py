"""What the coordinator knows in the course of a study: nothing but what follows from the exchanges."""

from dataclasses import dataclass
from typing import Any

from harmonization.federated import Consensus
from shared.arrays import Array, Arrays
from shared.models.newton import Newton
from shared.plan import Fit
from shared.standardise import Standard


@dataclass(frozen=True)
class Enrolled:
    """On what all sites agree since enrolment."""

    features: tuple[str, ...]
    columns: tuple[str, ...]
    """Names of the columns whose effects harmonisation keeps."""
    declared: int
    """How many of these are of covariates; the others are of the endpoint, where the study keeps it."""
    fits: tuple[Fit, ...]
    words: dict[str, Any]
    """Categories and masking keys, as they go to every site."""


@dataclass(frozen=True)
class Trained:
    """The models, and what is needed to apply them."""

    consensus: Consensus
    standard: Standard
    selected: Array
    """(fits, selected) features of every fit, -1 where there are fewer."""
    newton: Newton
    iterations: int
    converged: bool
    last: Arrays
    """Totals of the last exchange, which the next question brings."""
