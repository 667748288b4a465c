"""Aggregates that a few wrong or hostile sites cannot move far; they need every site's vector in the clear.

A mean follows any one of its values to wherever that goes. These do not, as long as the sites that send nonsense
are few. They compare sites with each other, so that they cannot be had from masked sums: a study that asks for one
shows each site's vector to the coordinator, and says so (`privacy`). Nor are they the mean where all sites are honest:
hospitals differ, and what differs most is what is left out.

Every function takes vectors of one unit a site, such as a mean over its patients, or its update of a model's weights.
"""

import numpy as np

from shared.arrays import Array


def median(values: Array) -> Array:
    """Coordinate-wise median over sites; nearly half of them may be wrong.

    Parameters
    ----------
    values : (sites, ...)

    Returns
    -------
    (...)

    Raises
    ------
    ValueError where there is no site, or a value is not finite.

    Reference: Yin, Chen, Kannan and Bartlett, ICML 2018, definition 1.
    """
    _require_finite(values)
    middle: Array = np.median(values, axis=0)
    return middle


def trimmed_mean(values: Array, trimmed: int) -> Array:
    """Mean of each coordinate without its largest and its smallest values; so many sites may be wrong.

    Parameters
    ----------
    values : (sites, ...)
    trimmed : how many are left out at either end

    Returns
    -------
    (...)

    Raises
    ------
    ValueError where nothing would be left, or a value is not finite.

    Reference: Yin et al., ICML 2018, definition 2.
    """
    _require_finite(values)
    if not 0 <= 2 * trimmed < len(values):
        raise ValueError(f"{trimmed} of {len(values)} sites at either end leave none; trim fewer")
    kept = np.sort(values, axis=0)[trimmed : len(values) - trimmed]
    mean: Array = kept.mean(axis=0)
    return mean


def krum_scores(values: Array, wrong: int) -> Array:
    """How far each site is from those nearest to it: the sum of squared distances to its n - f - 2 nearest.

    Parameters
    ----------
    values : (sites, ...)
    wrong : how many sites f may be wrong; at least 2 f + 3 sites are needed

    Returns
    -------
    (sites,) the lower, the more central

    Raises
    ------
    ValueError where there are too few sites, or a value is not finite.

    Reference: Blanchard, El Mhamdi, Guerraoui and Stainer, NeurIPS 2017, section 4.
    """
    _require_finite(values)
    sites = len(values)
    if wrong < 0 or sites < 2 * wrong + 3:
        raise ValueError(f"Krum needs {2 * max(wrong, 0) + 3} sites where {wrong} may be wrong; there are {sites}")
    flat = values.reshape(sites, -1)
    # Differences, not the expanded square: two near vectors of large weights would lose all their digits.
    squares = np.stack([((flat - update) ** 2).sum(axis=1) for update in flat])
    others = np.sort(squares + np.diag(np.full(sites, np.inf)), axis=1)
    scores: Array = others[:, : sites - wrong - 2].sum(axis=1)
    return scores


def multi_krum(values: Array, wrong: int, keep: int | None = None) -> Array:
    """Sites whose mean is taken: those of the lowest scores.

    Parameters
    ----------
    values : (sites, ...)
    wrong : how many sites may be wrong
    keep : how many sites to choose; all but those that may be wrong and two where None, and 1 is Krum itself

    Returns
    -------
    (keep,) indices of sites, ascending

    Raises
    ------
    ValueError where there are too few sites, or more than n - f are to be kept.

    Reference: Blanchard et al., NeurIPS 2017 (Multi-Krum).
    """
    scores = krum_scores(values, wrong)
    wanted = len(values) - wrong - 2 if keep is None else keep
    if not 1 <= wanted <= len(values) - wrong:
        raise ValueError(f"{wanted} of {len(values)} sites, of which {wrong} may be wrong; keep fewer, and at least 1")
    # Stable: of two sites that score alike the first on the roster is taken, everywhere.
    return np.sort(np.argsort(scores, kind="stable")[:wanted])


def distances(values: Array) -> Array:
    """How far each site is from the median of all, in units of what is usual among them.

    Parameters
    ----------
    values : (sites, ...)

    Returns
    -------
    (sites,) Euclidean distance from the coordinate-wise median over the median of these distances; infinite for a site
    that stands apart from others that all agree
    """
    _require_finite(values)
    flat = values.reshape(len(values), -1)
    length = np.sqrt(((flat - np.median(flat, axis=0)) ** 2).sum(axis=1))
    usual = float(np.median(length))
    if usual > 0:
        return np.asarray(length / usual)
    return np.where(length > 0, np.inf, 0.0)


def _require_finite(values: Array) -> None:
    if not len(values):
        raise ValueError("there is no site to aggregate")
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        raise ValueError(f"site {int(np.flatnonzero(~finite)[0])} (counted from 0) sent values that are not finite")
