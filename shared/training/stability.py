"""What the sites' measurements of stability say together: sums of squares, and votes.

Both are added up once over all sites and once without each left-out site (`shared.study.omissions`): a feature must
not be chosen by the measurements of the site on which the model is judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.arrays import Arrays
from shared.metrics.icc import Squares, icc, squares
from shared.sections.stability import Stability
from shared.study.omissions import Omission, omission_of
from shared.study.plan import Fit

Array = NDArray[np.float64]
PERTURBATIONS = 7
"""How often a patient is measured with perturbed masks and images, the unchanged ones included."""


@dataclass(frozen=True)
class SiteStability:
    """What a site knows of its features' stability.

    Parameters
    ----------
    sums : of squares; zero where too few patients have all values
    vote : (f,) 1 where the ICC reaches the threshold
    voice : (f,) 1 where the site could measure the feature
    """

    sums: Squares
    vote: Array
    voice: Array

    def arrays(self) -> dict[str, Array]:
        """By name, as they travel."""
        return {
            "subjects": self.sums.subjects,
            "measured_at": self.sums.sites,
            "between_subjects": self.sums.between_subjects,
            "between_measurements": self.sums.between_measurements,
            "residual": self.sums.residual,
            "votes": self.vote,
            "voices": self.voice,
        }


def measurements(section: Stability) -> int:
    """How often each patient is measured."""
    return PERTURBATIONS if section.source == "perturbations" else section.readers


def of_site(values: Array, section: Stability, least: int) -> SiteStability:
    """A site's sums and votes.

    Parameters
    ----------
    values : (patients, measurements, features), NaN where a measurement has no value
    section : the study's section
    least : patients with all values of a feature, under which nothing is said of it
    """
    complete = np.isfinite(values).all(axis=1)
    enough = complete.sum(axis=0) >= max(least, 2)
    sums = squares(np.where(enough, values, np.nan))
    correlation = icc(sums)
    return SiteStability(
        sums, (correlation >= section.threshold).astype(np.float64), np.isfinite(correlation).astype(np.float64)
    )


def sums_of(totals: Arrays, omission: int, section: Stability) -> Squares:
    """Sums of squares of one omission, for `shared.metrics.icc.icc` and `icc_interval`."""
    names = ("subjects", "measured_at", "between_subjects", "between_measurements", "residual")
    return Squares(measurements(section), *(totals[name][omission] for name in names))


def stable(totals: Arrays, section: Stability) -> NDArray[np.bool_]:
    """(omissions, features) which features may enter a model.

    Parameters
    ----------
    totals : of the exchange, over all sites
    section : the study's section
    """
    votes, voices = np.rint(totals["votes"]), np.rint(totals["voices"])
    passed = (voices > 0) & (votes >= section.sites * voices - 1e-9)
    return np.asarray(passed | (voices == 0) if section.unmeasured == "keep" else passed)


def stable_in_fits(
    totals: Arrays, section: Stability, fits: Sequence[Fit], left_out: Sequence[Omission]
) -> NDArray[np.bool_]:
    """(fits, features) which features each fit may choose from.

    Parameters
    ----------
    totals, section : as for `stable`
    fits : of the study
    left_out : its omissions
    """
    return stable(totals, section)[[omission_of(fit, left_out) for fit in fits]]
