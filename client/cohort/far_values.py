"""Harmonized values that lie where no patient of the study did: said to the hospital, and by choice held in."""

from collections.abc import Sequence

import numpy as np

from shared.arrays import Array

FAR = 10.0
"""Pooled standard deviations beyond which a harmonized value is far out."""
_LISTED = 5
"""Features that a sentence lists at most."""


def limited(u: Array, most: float | None) -> Array:
    """Harmonized values within the limit that a study sets; the others count as the limit.

    Parameters
    ----------
    u : (..., features) on the common scale, NaN where missing
    most : pooled standard deviations; None for no limit
    """
    return u if most is None else np.clip(u, -most, most)


def words(u: Array, features: Sequence[str]) -> str:
    """Say how many values are far out, in which features, and what a study can do about it.

    Parameters
    ----------
    u : (..., features) on the common scale, NaN where missing
    features : their names

    Returns
    -------
    A sentence without patients; empty where no value is far out
    """
    size = np.abs(np.nan_to_num(u)).reshape(-1, len(features))
    count = int((size > FAR).sum())
    if not count:
        return ""
    largest = size.max(axis=0)
    order = [place for place in np.argsort(-largest, kind="stable") if largest[place] > FAR]
    listed = ", ".join(f"{features[place]} (up to {largest[place]:,.0f})" for place in order[:_LISTED])
    more = f" and {len(order) - _LISTED} more features" if len(order) > _LISTED else ""
    return (
        f"{count} of {size.size} harmonized values lie more than {FAR:g} pooled standard deviations from the study's "
        f"mean: {listed}{more}; look at these features here, or ask for a study with harmonization.transform: rank, or "
        "with harmonization.clip, which holds values in"
    )
