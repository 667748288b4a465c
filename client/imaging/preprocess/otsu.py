"""The threshold between background and tissue.

Reference: Otsu, IEEE Trans Systems, Man and Cybernetics 9 (1979) 62.
"""

import numpy as np
from numpy.typing import NDArray

_BINS = 256


def otsu_threshold(values: NDArray[np.floating]) -> float:
    """Value that splits a histogram into two classes with the largest variance between them.

    Parameters
    ----------
    values : finite; all equal gives that value
    """
    counts, edges = np.histogram(values, bins=_BINS)
    centres = (edges[:-1] + edges[1:]) / 2
    under = np.cumsum(counts)
    over = under[-1] - under
    weighted = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = weighted / under - (weighted[-1] - weighted) / over
        between = np.where((under > 0) & (over > 0), under * over * apart.astype(float) ** 2, 0)
    return float(edges[int(np.argmax(between)) + 1])
