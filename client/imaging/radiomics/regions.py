"""Regions of a patient from which features are taken: tumour, rings around it, the other breast.

Distances are physical: a ring of 3 mm is as wide across thick slices as within them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.radiomics.box import Mask, bounding_box, grown
from client.imaging.radiomics.breast import Axes, estimated_breast
from client.imaging.volume import Geometry, Volume
from shared.errors import Code, MrfedError
from shared.sections.radiomics import ContralateralRegion, RegionRequest, RingRegion, TumourRegion

_TOUCHING = np.ones((3, 3, 3), bool)
# The other breast is part of the image where it is at least this large, compared with the tumour's breast.
_LEAST_SHARE_OF_OTHER_BREAST = 0.3
# Two breasts that touch in the mask are wider than any single one.
_LEAST_WIDTH_OF_BOTH_BREASTS_MM = 200.0


@dataclass(frozen=True)
class Surroundings:
    """What lies around the tumour, on the grid of its mask.

    Parameters
    ----------
    spacing_mm : along each axis of the arrays (z, y, x)
    breast : (z, y, x) breast tissue without skin, chest wall and air; both breasts where the image holds both
    left_right_axis : axis of the arrays along which left and right lie
    """

    spacing_mm: tuple[float, ...]
    breast: Mask
    left_right_axis: int

    @classmethod
    def of(
        cls, grid: Geometry, drawn_breast: Mask | None, before_contrast: Volume | None, where: str
    ) -> "Surroundings":
        """Surroundings from a drawn mask of the breast or, without one, an estimate.

        Raises
        ------
        MrfedError where there is neither a mask nor an image before contrast; `where` names the patient.
        """
        axes = Axes.of(np.reshape(grid.direction, (3, 3)))
        spacing_mm = grid.spacing_mm[::-1]
        if drawn_breast is None:
            if before_contrast is None:
                raise MrfedError(
                    Code.DATA_MISSING,
                    f"{where}: a ring or the other breast needs a mask of the breast or a dynamic phase before "
                    "contrast; export one of them, or leave these out of radiomics.regions",
                )
            drawn_breast = estimated_breast(before_contrast.voxels, spacing_mm, axes)
        return cls(spacing_mm, drawn_breast, axes.left_right)


def regions_of(
    requests: Iterable[RegionRequest], tumour: NDArray[np.generic], surroundings: Callable[[], Surroundings]
) -> dict[str, Mask]:
    """Masks of the regions that a study asks for; a region of which nothing is left is empty.

    Parameters
    ----------
    requests : the study's `radiomics.regions`
    tumour : (z, y, x) mask of one or more lesions, non-zero inside
    surroundings : gives what a ring is clipped to; called only where a region needs it
    """
    drawn = np.asarray(tumour != 0)
    masks: dict[str, Mask] = {}
    surroundings = cache(surroundings)
    for request in requests:
        match request:
            case TumourRegion():
                masks[request.name] = largest_lesion(drawn) if request.lesions == "largest" else drawn
            case RingRegion():
                around = ring(drawn, surroundings().spacing_mm, request.from_mm, request.to_mm)
                masks[request.name] = around & surroundings().breast
            case ContralateralRegion():
                masks[request.name] = contralateral(drawn, surroundings())
    return masks


def largest_lesion(lesions: Mask) -> Mask:
    """The largest of lesions that do not touch, by voxels; the first of several as large."""
    labels, count = ndimage.label(lesions, structure=_TOUCHING)
    if count < 2:
        return lesions
    sizes = np.bincount(labels.ravel())[1:]
    return np.asarray(labels == 1 + int(sizes.argmax()))


def ring(inside: Mask, spacing_mm: tuple[float, ...], from_mm: float, to_mm: float) -> Mask:
    """Voxels outside a region whose centres lie farther than `from_mm` and not farther than `to_mm` from it.

    Parameters
    ----------
    inside : (z, y, x) region
    spacing_mm : along each axis of the array
    from_mm, to_mm : distance from the nearest voxel centre of the region
    """
    around = np.zeros(inside.shape, bool)
    if not inside.any():
        return around
    reach = max(int(np.ceil(to_mm / mm)) + 1 for mm in spacing_mm)
    box = grown(bounding_box(inside), reach, inside.shape)
    away_mm = ndimage.distance_transform_edt(~inside[box], sampling=spacing_mm)
    around[box] = (away_mm > from_mm) & (away_mm <= to_mm)
    return around


def contralateral(tumour: Mask, surroundings: Surroundings) -> Mask:
    """The breast without the tumour; empty where the image holds one breast only."""
    nothing = np.zeros(tumour.shape, bool)
    labels, count = ndimage.label(surroundings.breast, structure=_TOUCHING)
    if not count or not tumour.any():
        return nothing
    axis = surroundings.left_right_axis
    own = np.unique(labels[tumour])
    own = own[own > 0]
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    own_size = sizes[own].sum() if own.size else sizes[1:].max()
    other_labels = np.setdiff1d(np.arange(1, count + 1), own)
    if other_labels.size and sizes[other_labels].max() >= _LEAST_SHARE_OF_OTHER_BREAST * own_size:
        return np.asarray(labels == other_labels[sizes[other_labels].argmax()])
    side = bounding_box(surroundings.breast)[axis]
    if (side.stop - side.start) * surroundings.spacing_mm[axis] < _LEAST_WIDTH_OF_BOTH_BREASTS_MM:
        return nothing
    middle = (side.start + side.stop) / 2
    place = np.arange(tumour.shape[axis]).reshape([-1 if dimension == axis else 1 for dimension in range(tumour.ndim)])
    tumour_is_below = np.nonzero(tumour)[axis].mean() < middle
    return np.asarray(surroundings.breast & ((place >= middle) if tumour_is_below else (place < middle)))
