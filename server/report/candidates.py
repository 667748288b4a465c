"""How the features fared in the selection of the final model, as the page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.results.model import Candidate
from shared.selection.univariate import discovered

SHOWN = 15
"""Features of least p; all are in result.json."""
LEVEL = 0.05


@dataclass(frozen=True)
class Candidates:
    """The table, and what it comes to.

    Parameters
    ----------
    rows : those that entered, and others of least p, rising in p
    tested, under, expected, discoveries : features with a p value; of p under the level, how many chance alone would
        give there, and discoveries at that rate of false ones
    half_sampled : whether half-samples of the patients chose features
    repeats : features that were left out of the model for repeating another, and that other
    """

    rows: tuple[Candidate, ...]
    tested: int
    under: int
    expected: float
    discoveries: int
    half_sampled: bool
    repeats: tuple[tuple[str, str], ...]


def candidates(features: Sequence[Candidate]) -> Candidates | None:
    """Sum them up; None in results from before they were kept."""
    tested = [candidate for candidate in features if candidate.p_value is not None and candidate.statistic is not None]
    if not tested:
        return None
    p_values = np.array([candidate.p_value for candidate in tested])
    order = [tested[place] for place in np.argsort(p_values, kind="stable")]
    rows = [candidate for place, candidate in enumerate(order) if place < SHOWN or candidate.entered]
    return Candidates(
        tuple(rows[: 2 * SHOWN]),
        len(tested),
        int((p_values < LEVEL).sum()),
        LEVEL * len(tested),
        int(discovered(p_values, LEVEL).sum()),
        any(candidate.half_samples is not None for candidate in tested),
        tuple((candidate.feature, candidate.repeats) for candidate in features if candidate.repeats is not None),
    )
