"""An estimate of the breast where no mask of it was drawn: tissue without air, skin and chest wall."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.radiomics.box import Mask

SKIN_MM = 3.0
"""Mammographic skin is 0.7 to 3 mm thick."""
SUBCUTANEOUS_MM = 5.0
"""How far behind the surface of the chest the breast is taken to reach."""
_BESIDE_MM = 120.0
"""How far from the nipple the surface of the chest is looked for, to the left and to the right."""
_BINS = 256


@dataclass(frozen=True)
class Axes:
    """Which axis of an array points where.

    Parameters
    ----------
    posterior : axis from front to back
    backwards : 1 where its index grows to the back, -1 where to the front
    left_right : axis from one side to the other
    """

    posterior: int
    backwards: int
    left_right: int

    @classmethod
    def of(cls, direction: NDArray[np.float64]) -> "Axes":
        """Axes of a (z, y, x) array on a grid with this (3, 3) direction: columns are x, y, z in LPS."""
        posterior = int(np.abs(direction[1]).argmax())
        backwards = 1 if direction[1, posterior] > 0 else -1
        left_right = int(np.abs(direction[0]).argmax())
        return cls(2 - posterior, backwards, 2 - left_right)


def estimated_breast(before_contrast: NDArray[np.floating], spacing_mm: tuple[float, ...], axes: Axes) -> Mask:
    """Tissue of the breast or breasts, from an image before contrast.

    Air is the darker class of voxels, on a logarithmic scale since suppressed fat is dark as well. Skin is what
    lies within 3 mm of the air in front. The chest begins 5 mm behind its surface beside the breast: the more
    anterior of the deepest points of the skin on two opposite sides of the nipple, such as the sternum where the
    image holds both breasts, or the fold under the breast. A pectoral muscle that bulges farther forward stays
    in, so a drawn mask is better.

    Parameters
    ----------
    before_contrast : (z, y, x) T1-weighted signal, with or without fat suppression
    spacing_mm : along each axis of the array
    axes : where the back and the sides are
    """
    body = _body(before_contrast)
    if not body.any():
        return body
    facing = np.moveaxis(body, (axes.posterior, axes.left_right), (0, 1))
    facing = facing if axes.backwards > 0 else facing[::-1]
    mm = [spacing_mm[axis] for axis in _order(axes)]
    air = np.cumsum(facing, axis=0) == 0
    depth_mm = (np.arange(len(facing)) * mm[0])[:, None, None]
    surface_mm = air.sum(axis=0) * mm[0]
    breast = ~air & (depth_mm <= _chest_surface_mm(surface_mm, (mm[1], mm[2])) + SUBCUTANEOUS_MM)
    breast &= ndimage.distance_transform_edt(~air, sampling=mm) > SKIN_MM
    breast = breast if axes.backwards > 0 else breast[::-1]
    return np.moveaxis(breast, (0, 1), (axes.posterior, axes.left_right))


def _order(axes: Axes) -> tuple[int, int, int]:
    head_foot = 3 - axes.posterior - axes.left_right
    return axes.posterior, axes.left_right, head_foot


def _body(image: NDArray[np.floating]) -> Mask:
    """The largest connected part that is brighter than air."""
    signal = np.where(np.isfinite(image) & (image > 0), image, 0).astype(np.float64)
    if not signal.any():
        return np.zeros(image.shape, bool)
    floor = signal[signal > 0].min()
    logarithm = np.log(np.maximum(ndimage.median_filter(signal, 3), floor))
    labels, count = ndimage.label(logarithm > otsu(logarithm))
    if not count:
        return np.zeros(image.shape, bool)
    return np.asarray(labels == 1 + int(np.bincount(labels.ravel())[1:].argmax()))


def _chest_surface_mm(surface_mm: NDArray[np.float64], spacing_mm: tuple[float, float]) -> float:
    """Depth of the skin beside the breast: from side to side or from head to feet, whichever the image shows better.

    Parameters
    ----------
    surface_mm : (left-right, head-feet) depth of the skin behind the front of the image
    spacing_mm : along both axes
    """
    depths = []
    for axis, mm in enumerate(spacing_mm):
        across = surface_mm.shape[1 - axis]
        middle = surface_mm.take(np.arange(across // 4, across - across // 4), 1 - axis)
        profile_mm = np.median(middle, axis=1 - axis)
        nipple, reach = int(profile_mm.argmin()), int(_BESIDE_MM / mm) + 1
        sides = profile_mm[max(nipple - reach, 0) : nipple + 1], profile_mm[nipple : nipple + reach]
        depths.append(min(side.max() for side in sides))
    return float(max(depths))


def otsu(values: NDArray[np.floating]) -> float:
    """Threshold between two classes of values with the largest variance between them.

    Reference: Otsu, IEEE Trans. Syst. Man Cybern. 9 (1979) 62.
    """
    counts, edges = np.histogram(values, bins=_BINS)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1 + int(np.nan_to_num(between[:-1]).argmax())])
