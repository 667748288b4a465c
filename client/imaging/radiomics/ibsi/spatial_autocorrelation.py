"""How alike intensities are that lie near each other: Moran's I and Geary's C over all pairs of a region's voxels.

Reference: IBSI reference manual, arXiv:1612.07003, N365 and NPT7; weights are inverse distances.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.resampling import SpacingMm


def spatial_autocorrelation(voxels: NDArray[np.floating], inside: Mask, spacing_mm: SpacingMm) -> dict[str, float]:
    """Moran's I and Geary's C.

    Parameters
    ----------
    voxels : (z, y, x), cropped to the region
    inside : (z, y, x) voxels whose intensities are measured
    spacing_mm : along each axis of the arrays

    Returns
    -------
    `MoranI`, `GearyC`; NaN for a constant region and for a single voxel

    Notes
    -----
    Sums over pairs are convolutions with the inverse distance, for which Fourier transforms take the time of one
    pass over the box instead of one over all pairs.
    """
    count = int(inside.sum())
    values = np.asarray(voxels[inside], np.float64)
    deviation = np.zeros(inside.shape)
    deviation[inside] = values - values.mean()
    square = float((deviation**2).sum())
    if count < 2 or square == 0:
        return {"MoranI": np.nan, "GearyC": np.nan}
    shape = tuple(fft.next_fast_len(2 * length, real=True) for length in inside.shape)
    spectrum = fft.rfftn(_inverse_distance(inside.shape, shape, spacing_mm))

    def around(field: NDArray[np.floating]) -> NDArray[np.float64]:
        summed = fft.irfftn(fft.rfftn(field, shape) * spectrum, shape)
        return np.asarray(summed[tuple(slice(length) for length in inside.shape)])[inside]

    own = deviation[inside]
    weights = around(inside.astype(np.float64))
    total = float(weights.sum())
    products = float(own @ around(deviation))
    differences = 2 * float((own**2) @ weights) - 2 * products
    return {
        "MoranI": count / total * products / square,
        "GearyC": (count - 1) / (2 * total) * differences / square,
    }


def _inverse_distance(box: tuple[int, ...], shape: tuple[int, ...], spacing_mm: SpacingMm) -> NDArray[np.float64]:
    """Inverse distance from the first voxel, periodic, as far as two voxels of the box can lie apart."""
    squares = np.zeros(shape)
    for axis, (length, period, mm) in enumerate(zip(box, shape, spacing_mm, strict=True)):
        steps = np.arange(period)
        away_mm = np.where(steps < length, steps, steps - period) * mm
        squares += (away_mm**2).reshape([-1 if dimension == axis else 1 for dimension in range(len(shape))])
    squares[(0,) * len(shape)] = np.inf
    return np.asarray(1 / np.sqrt(squares))
