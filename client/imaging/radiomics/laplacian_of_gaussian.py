"""The recursive Laplacian of Gaussian inside a box, equal to ITK's on the whole volume.

A recursive filter is linear, so along one axis it is a matrix, of which only the rows inside the box are needed:
three products with narrow matrices replace three recursions over the whole volume. ITK rounds to single precision
after each axis; the few lines where the product lies too near to a rounding boundary to tell are given to ITK.
"""

from functools import lru_cache
from math import cos, exp, sin

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from client.imaging.radiomics.box import Box, grown, within

# Deriche's fourth-order fit of a Gaussian (A1, B1, A2, B2) and of its second derivative, with the frequencies
# W and decays L that they share: Farneback & Westin, J. Math. Imaging Vis. 26 (2006) 293, as in ITK.
_GAUSSIAN = (1.3530, 1.8151, -0.3531, 0.0902)
_SECOND = (-1.3563, 5.2318, 0.3446, -2.2355)
_W1, _W2 = 0.6681, 2.0787
_L1, _L2 = -1.3932, -1.3732
# exp(-1.37 * 25) = 1e-15 is left of what lies farther away.
_REACH_SIGMA = 25


def laplacian_of_gaussian(
    volume: NDArray[np.generic], spacing_mm: tuple[float, ...], box: Box, sigma_mm: float
) -> NDArray[np.float32]:
    """Scale-normalized Laplacian of Gaussian of a volume inside a box.

    Parameters
    ----------
    volume : (z, y, x), at least 4 voxels along each axis; its edges continue outwards
    spacing_mm : along each axis of the array
    box : what is wanted
    sigma_mm : width of the Gaussian

    Returns
    -------
    (box) response

    Reference: itk::LaplacianRecursiveGaussianImageFilter, NormalizeAcrossScale on.
    """
    reach = tuple(
        grown((side,), int(np.ceil(_REACH_SIGMA * sigma_mm / mm)), (length,))[0]
        for side, length, mm in zip(box, volume.shape, spacing_mm, strict=True)
    )
    inner = within(box, reach)
    # ITK goes through the axes x, y, z: the derivative along one, then the smoothing along the others, in that order.
    order = range(volume.ndim - 1, -1, -1)
    total = np.zeros([side.stop - side.start for side in box], np.float32)
    for derived in order:
        response: NDArray[np.floating] = np.asarray(volume[reach], np.float64)
        for axis in (derived, *(axis for axis in order if axis != derived)):
            response = _along(response, axis, inner[axis], spacing_mm[axis], sigma_mm, axis == derived)
        total = (total + response.astype(np.float64) * (1 / spacing_mm[derived] ** 2)).astype(np.float32)
    return total


def _along(
    volume: NDArray[np.floating], axis: int, part: slice, spacing_mm: float, sigma_mm: float, second: bool
) -> NDArray[np.float32]:
    """Gaussian or its second derivative along an axis, for a part of it, rounded as ITK rounds it."""
    sigma = sigma_mm / spacing_mm
    response = _apply(_matrix(volume.shape[axis], sigma, sigma_mm, second)[part], volume, axis)
    # Four times the largest difference between product and recursion that was seen for sigma up to 10 voxels.
    doubt = 16 * np.finfo(np.float64).eps * (1 + sigma**2) * np.abs(volume).max()
    rounded = response.astype(np.float32)
    unsure = ((response - doubt).astype(np.float32) != (response + doubt).astype(np.float32)).any(axis=axis)
    if unsure.any():
        lines = sitk.GetImageFromArray(np.moveaxis(volume, axis, -1)[unsure])
        lines.SetSpacing((spacing_mm, 1.0))
        kind = sitk.RecursiveGaussianImageFilter
        exact = sitk.RecursiveGaussian(lines, sigma_mm, True, kind.SecondOrder if second else kind.ZeroOrder, 0)
        np.moveaxis(rounded, axis, -1)[unsure] = sitk.GetArrayViewFromImage(exact)[:, part]
    return rounded


def _apply(matrix: NDArray[np.float64], volume: NDArray[np.floating], axis: int) -> NDArray[np.float64]:
    """Product of a (m, n) matrix with an axis of length n."""
    lines = np.asarray(volume, np.float64)
    if axis == lines.ndim - 1:
        return lines @ matrix.T
    if axis == 0:
        return (matrix @ lines.reshape(len(lines), -1)).reshape(-1, *lines.shape[1:])
    return np.asarray(matrix @ lines)


@lru_cache(maxsize=64)
def _matrix(length: int, sigma: float, sigma_mm: float, second: bool) -> NDArray[np.float64]:
    """Recursive Gaussian, or its second derivative, of a line of `length` voxels with continued ends."""
    forward, backward, poles = _coefficients(sigma, sigma_mm, second)
    # The backward recursion sees the line reversed and starts one voxel behind: its taps begin at M1.
    return _recursion(forward, poles, length) + _recursion(backward, poles, length)[::-1, ::-1]


def _recursion(taps: NDArray[np.float64], poles: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Matrix of a recursion that has seen the first value of its line for ever."""
    # the state at rest under a constant input of one (scipy.signal.lfilter_zi)
    rest = (taps[1:] - poles[1:] * taps[0]).sum() / poles.sum()
    seen = np.cumsum(poles[:-1]) * rest - np.concatenate([[0], np.cumsum(taps[1:-1] - poles[1:-1] * taps[0])])
    impulse = np.append(_impulse_response(taps, poles, np.zeros(4), length), np.zeros(length - 1))
    later = np.subtract.outer(np.arange(length), np.arange(length))
    matrix = impulse[later]  # before an impulse there is nothing: the zeros, counted from the end
    matrix[:, 0] = _impulse_response(taps, poles, seen, length)
    return np.asarray(matrix)


def _impulse_response(
    taps: NDArray[np.float64], poles: NDArray[np.float64], state: NDArray[np.float64], length: int
) -> list[float]:
    """What follows an impulse, in the transposed direct form and the order of `scipy.signal.lfilter`.

    To import that package would take each worker longer than the filters of a patient.
    """
    b0, b1, b2, b3, b4 = taps.tolist()
    _, a1, a2, a3, a4 = poles.tolist()
    s1, s2, s3, s4 = state.tolist()
    response, value = [], 1.0
    for _ in range(length):
        y = s1 + b0 * value
        s1, s2, s3 = s2 + b1 * value - a1 * y, s3 + b2 * value - a2 * y, s4 + b3 * value - a3 * y
        s4 = b4 * value - a4 * y
        response.append(y)
        value = 0.0
    return response


def _coefficients(
    sigma: float, sigma_mm: float, second: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Taps forward and backward, and the poles, of itk::RecursiveGaussianImageFilter.

    Parameters
    ----------
    sigma : in voxels
    sigma_mm : for the normalization across scale
    second : second derivative instead of the Gaussian
    """
    e1, e2 = exp(_L1 / sigma), exp(_L2 / sigma)
    c1, c2 = cos(_W1 / sigma), cos(_W2 / sigma)
    poles = np.array(
        [
            1,
            -2 * (e2 * c2 + e1 * c1),
            4 * c2 * c1 * e1 * e2 + e1 * e1 + e2 * e2,
            -2 * c1 * e1 * e2 * e2 - 2 * c2 * e2 * e1 * e1,
            e1 * e1 * e2 * e2,
        ]
    )
    taps = _numerator(sigma, *_GAUSSIAN)
    sd, dd, ed = (float(np.arange(5.0) ** power @ poles) for power in range(3))
    if second:
        curve = _numerator(sigma, *_SECOND)
        beta = -(2 * curve.sum() - sd * curve[0]) / (2 * taps.sum() - sd * taps[0])
        taps = curve + beta * taps
        sn, dn, en = (float(np.arange(4.0) ** power @ taps) for power in range(3))
        alpha = (en * sd * sd - ed * sn * sd - 2 * dn * dd * sd + 2 * dd * dd * sn) / sd**3
        taps = taps * (sigma_mm**2 / alpha)
    else:
        taps = taps / (2 * taps.sum() / sd - taps[0])
    forward = np.append(taps, 0.0)
    backward = forward - poles * taps[0]
    return forward, backward, poles


def _numerator(sigma: float, a1: float, b1: float, a2: float, b2: float) -> NDArray[np.float64]:
    e1, e2 = exp(_L1 / sigma), exp(_L2 / sigma)
    c1, c2 = cos(_W1 / sigma), cos(_W2 / sigma)
    s1, s2 = sin(_W1 / sigma), sin(_W2 / sigma)
    return np.array(
        [
            a1 + a2,
            e2 * (b2 * s2 - (a2 + 2 * a1) * c2) + e1 * (b1 * s1 - (a1 + 2 * a2) * c1),
            2 * e1 * e2 * ((a1 + a2) * c2 * c1 - b1 * c2 * s1 - b2 * c1 * s2) + a2 * e1 * e1 + a1 * e2 * e2,
            e2 * e1 * e1 * (b2 * s2 - a2 * c2) + e1 * e2 * e2 * (b1 * s1 - a1 * c1),
        ]
    )
