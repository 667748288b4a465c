"""Features that say the same: of any two that correlate too much only the better one stays."""

import numpy as np

from shared.arrays import Array, unpack_symmetric


def correlations(count: Array, products: Array) -> Array:
    """Correlation of every pair of standardized features.

    Parameters
    ----------
    count : (fits,) training patients
    products : (fits, features (features + 1) / 2) packed, sums of products of standardized features

    Returns
    -------
    (fits, features, features); 0 beside features that do not vary
    """
    together = unpack_symmetric(products) / np.maximum(count, 1)[:, None, None]
    sd = np.sqrt(np.diagonal(together, axis1=1, axis2=2))
    scale = sd[:, :, None] * sd[:, None, :]
    return np.asarray(np.where(scale > 0, together / np.where(scale > 0, scale, 1.0), 0.0))


def uncorrelated(correlation: Array, rank: Array, most: float) -> Array:
    """Go through the features from the best on, and keep each that correlates with no kept one.

    Parameters
    ----------
    correlation : (features, features) of one fit
    rank : order in which features are considered; those that it lacks are not kept
    most : largest correlation, in size, of two features that stay

    Returns
    -------
    (features,) Boolean
    """
    size = np.abs(correlation)
    kept = np.zeros(len(correlation), dtype=bool)
    for place in rank:
        kept[place] = not (size[place, kept] > most).any()
    return kept
