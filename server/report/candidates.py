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
    halved : whether half-samples of the patients chose features
    repeats : features that were left out of the model for repeating another, and that other
    """

    rows: tuple[Candidate, ...]
    tested: int
    under: int
    expected: float
    discoveries: int
    halved: bool
    repeats: tuple[tuple[str, str], ...]


def candidates(found: Sequence[Candidate]) -> Candidates | None:
    """Sum them up; None in results from before they were kept."""
    tested = [one for one in found if one.p_value is not None and one.statistic is not None]
    if not tested:
        return None
    p_values = np.array([one.p_value for one in tested])
    order = [tested[place] for place in np.argsort(p_values, kind="stable")]
    rows = [one for place, one in enumerate(order) if place < SHOWN or one.entered]
    return Candidates(
        tuple(rows[: 2 * SHOWN]),
        len(tested),
        int((p_values < LEVEL).sum()),
        LEVEL * len(tested),
        int(discovered(p_values, LEVEL).sum()),
        any(one.half_samples is not None for one in tested),
        tuple((one.feature, one.repeats) for one in found if one.repeats is not None),
    )
