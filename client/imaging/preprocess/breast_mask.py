"""The breast: what of the body lies in front of the chest wall and under the skin.

An approximation by geometry, for regions of normalization and of fits; a breast that was drawn comes first.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.ingest.mapping import Role
from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.volume import Geometry, Mask, Volume
from shared.errors import Code, MrfedError
from shared.sections.imaging import BreastMask

_NOISE_QUANTILE = 0.05
_FULL = 0.9
"""Share of its largest cross-section at which the body no longer is a breast but the chest."""
BOTH_BREASTS_MM = 250.0
"""Width of a field of view from which it holds both breasts."""
_STERNUM_SHARE = 0.1
"""Width of the middle strip in which the sternum is looked for."""


def add_breast(images: PatientImages, settings: BreastMask) -> PatientImages:
    """Add a mask of the breast where none was drawn.

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where no breast is found in front of the chest wall.
    """
    if Role.BREAST in images.masks:
        return images
    reference = images.dynamic[0] if images.dynamic else next(iter(images.single.values()), images.diffusion[0])
    inside = breast(reference, settings.skin_mm)
    if not inside.any():
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{images.where}: no breast is found in front of the chest wall; draw one and export it, labelled breast",
        )
    mask = Volume(inside.astype(np.float32), reference.geometry, "mask")
    return replace(images, masks={**images.masks, Role.BREAST: mask})


def breast(volume: Volume, skin_mm: float) -> Mask:
    """Breast in one image.

    Parameters
    ----------
    volume : T1-weighted before contrast, with or without fat suppression
    skin_mm : thickness of the shell that is left out
    """
    inside = body(volume)
    towards_back_mm = coordinate_mm(volume.geometry, axis=1)
    chest_mm = _chest_wall_mm(inside, volume.geometry, towards_back_mm)
    spacing = volume.geometry.spacing_mm[::-1]
    under_skin = ndimage.distance_transform_edt(inside, sampling=spacing) > skin_mm
    return np.asarray(under_skin & (towards_back_mm < chest_mm))


def body(volume: Volume) -> Mask:
    """What is not air: the largest connected part that is brighter, and all that lies behind it."""
    smooth = ndimage.median_filter(volume.voxels, 3)
    noise = max(float(np.quantile(smooth, _NOISE_QUANTILE)), float(smooth.max()) * 1e-4, 1e-6)
    logarithm = np.log(np.maximum(smooth, noise))  # fat that is suppressed lies nearer to air than to gland
    bright = logarithm > otsu_threshold(logarithm)
    labels, count = ndimage.label(bright)
    if count > 1:
        bright = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    # dark fat, and what the coil hardly sees, lies behind the skin
    towards_back = volume.geometry.affine[1, :3]
    axis = int(np.abs(towards_back).argmax())
    behind = np.moveaxis(bright, 2 - axis, 0)
    behind = behind if towards_back[axis] > 0 else behind[::-1]
    np.logical_or.accumulate(behind, axis=0, out=behind)
    return np.asarray(bright)


def coordinate_mm(geometry: Geometry, axis: int) -> NDArray[np.float32]:
    """One of a grid's coordinates (0 left, 1 posterior, 2 superior) at every voxel."""
    z, y, x = np.indices(geometry.shape, sparse=True, dtype=np.float32)
    row = geometry.affine[axis]
    return np.asarray(row[0] * x + row[1] * y + row[2] * z + row[3], dtype=np.float32)


def _chest_wall_mm(inside: Mask, geometry: Geometry, towards_back_mm: NDArray[np.float32]) -> float:
    """Posterior coordinate of the chest wall's surface."""
    step_mm = float(np.abs(geometry.affine[1, :3]).max())
    across_mm = coordinate_mm(geometry, axis=0)
    width_mm = float(across_mm.max() - across_mm.min())
    if width_mm > BOTH_BREASTS_MM:
        middle = np.abs(across_mm - (across_mm.max() + across_mm.min()) / 2) < width_mm * _STERNUM_SHARE / 2
        strip = towards_back_mm[inside & middle]
        return float(np.quantile(strip, 0.01)) if strip.size else float(towards_back_mm.max())
    planes = np.rint((towards_back_mm - towards_back_mm.min()) / step_mm).astype(int)
    area = np.bincount(planes[inside], minlength=int(planes.max()) + 1)
    size = np.bincount(planes.ravel(), minlength=len(area))
    share = np.divide(area, size, out=np.zeros(len(area)), where=size > 0)
    first_full = int(np.argmax(share >= _FULL * share.max()))
    return float(towards_back_mm.min() + first_full * step_mm)
