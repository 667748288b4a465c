"""Stability selection: features that the LASSO chooses in most half-samples of the patients, from sums.

Every inner fold is a block, and a half is half of the blocks, so that its sums are those of its blocks and no patient
is told apart who is not already. The LASSO is that of least squares on the outcome, of a class on its number, whose
whole path follows from products: no half is trained in an exchange.

References: Meinshausen and Buehlmann, J R Stat Soc B 72 (2010) 417; complementary pairs, Shah and Samworth, J R Stat
Soc B 75 (2013) 55.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from shared.arrays import Array, unpack_symmetric
from shared.models.lasso_quadratic import minimize

PENALTIES = np.geomspace(1.0, 0.01, 40)
"""Falling penalties, as parts of the least that leaves no feature."""
_VARIES = 1e-12


def half_samples(blocks: Array, most: int, random: np.random.Generator) -> Array:
    """Half-samples: halves of the blocks, in complementary pairs where their number is even.

    Parameters
    ----------
    blocks : those that have patients, of which each half has half, rounded down
    most : if there are more, so many are drawn
    random : draws them

    Returns
    -------
    (half-samples, blocks of a half)
    """
    every = np.array(list(combinations(blocks.tolist(), len(blocks) // 2)), dtype=np.int64)
    if len(every) <= most:
        return every
    # the last combination is the complement of the first, and so on inwards
    first = np.sort(random.choice(len(every) // 2, most // 2, replace=False))
    return np.asarray(every[np.concatenate([first, len(every) - 1 - first])])


def path(totals: Mapping[str, Array], usable: Array, most: int) -> Array:
    """Coefficients of the LASSO along `PENALTIES`, until more features have come in than a half may choose.

    Objective (1 / 2n) sum_i (y_i - b - w.z_i)^2 + lambda |w|_1.

    Parameters
    ----------
    totals : of a half, as `by_outcome`: count (), sums (s,), products (s, s), outcome (), outcome_products (s,)
    usable : (s,) features that may be chosen
    most : features that a half may choose

    Returns
    -------
    (penalties, s); zeros from where the path was left
    """
    n = totals["count"]
    coefficients = np.zeros((len(PENALTIES), len(usable)))
    if n < 2:
        return coefficients
    mean, mean_y = totals["sums"] / n, totals["outcome"] / n
    curved = totals["products"] / n - np.outer(mean, mean)
    slope = -(totals["outcome_products"] / n - mean * mean_y)
    open_ = usable & (np.diag(curved) > _VARIES)
    if not open_.any():
        return coefficients
    rows = np.flatnonzero(open_)
    curved, slope = curved[np.ix_(rows, rows)], slope[rows]
    largest, w = np.abs(slope).max(), np.zeros(len(rows))
    for place, part in enumerate(PENALTIES if largest > 0 else ()):
        w = minimize(slope, curved, np.full(len(rows), part * largest), w)
        coefficients[place, rows] = w
        if (coefficients[: place + 1, rows] != 0).any(axis=0).sum() > most:
            break
    return coefficients


def frequencies(coefficients: Array, most: int) -> Array:
    """How often each feature is among the first that enter.

    Parameters
    ----------
    coefficients : (half-samples, penalties, features) along falling penalties
    most : features that a half may choose: the path is followed while there are no more

    Returns
    -------
    (features,) share of half-samples
    """
    used = np.logical_or.accumulate(coefficients != 0, axis=1)
    few = used.sum(axis=2, keepdims=True) <= most
    return np.asarray((used & few).any(axis=1).mean(axis=0))


def by_outcome(totals: Mapping[str, Array]) -> dict[str, Array]:
    """Sums of each block about the outcome that least squares explain: of classes it is their number, from 0 on.

    Parameters
    ----------
    totals : block_totals (blocks, classes), block_sums (blocks, classes, s), block_products (blocks, packed), and of
        outcomes that are numbers block_outcomes (blocks, 1), block_outcome_products (blocks, 1, s); (blocks, 0) and
        (blocks, 0, s) of classes

    Returns
    -------
    count (blocks,), sums (blocks, s), products (blocks, s, s), outcome (blocks,), outcome_products (blocks, s)
    """
    counts, numbers = np.rint(totals["block_totals"]), totals["block_outcomes"].shape[1] > 0
    kinds = np.arange(counts.shape[1])
    return {
        "count": counts.sum(axis=1),
        "sums": totals["block_sums"].sum(axis=1),
        "products": unpack_symmetric(totals["block_products"]),
        "outcome": totals["block_outcomes"][:, 0] if numbers else counts @ kinds,
        "outcome_products": totals["block_outcome_products"][:, 0] if numbers else kinds @ totals["block_sums"],
    }


def stable(totals: Mapping[str, Array], usable: Array, most: int, count: int, random: np.random.Generator) -> Array:
    """(s,) share of the half-samples of one task that choose each feature.

    Parameters
    ----------
    totals : of the task, by block, as `by_outcome` takes them
    usable : (s,) features that may be chosen
    most : features that a half may choose
    count : of half-samples, at most
    random : draws them
    """
    blocks = by_outcome(totals)
    drawn = half_samples(np.flatnonzero(blocks["count"]), count, random)
    paths = [
        path({name: of_blocks[half].sum(axis=0) for name, of_blocks in blocks.items()}, usable, most) for half in drawn
    ]
    return frequencies(np.array(paths), most) if paths else np.zeros(len(usable))


def false_ones(most: int, features: int, threshold: float) -> float:
    """Upper bound on the expected number of noise features that pass (Meinshausen and Buehlmann, theorem 1).

    Parameters
    ----------
    most : features that a half may choose
    features : offered
    threshold : share of half-samples, over one half
    """
    return most**2 / ((2 * threshold - 1) * features)
