"""Whether a mask outlines a lesion, and not the field of view or all that is around the patient."""

import numpy as np

from client.imaging.volume import Geometry, Mask
from shared.errors import Code, MrfedError

_MOST = 0.5
"""Share of the field of view that no lesion of a breast fills."""
_MOST_AT_CORNERS = 0.1
"""The same for a mask that holds most of the corners, where there is air."""


def require_lesion(inside: Mask, where: str) -> None:
    """Refuse a mask that fills the field of view or the background.

    Parameters
    ----------
    inside : (slices, rows, columns) on the grid of the images
    where : patient and mask, for messages

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) with the share that it fills.
    """
    share = float(inside.mean())
    corners = inside[:: max(len(inside) - 1, 1), :: max(inside.shape[1] - 1, 1), :: max(inside.shape[2] - 1, 1)]
    if share > _MOST or (share > _MOST_AT_CORNERS and corners.mean() > _MOST):
        what = "the background" if corners.mean() > _MOST and share < 1 else "the field of view"
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where} fills {what} ({100 * share:.0f} % of the image); export the mask with the lesion as its label",
        )


def centre_mm(inside: Mask, grid: Geometry) -> tuple[float, float, float]:
    """Mean place of a mask's voxels in the patient: left, posterior, superior."""
    centre = np.argwhere(inside).mean(axis=0)[::-1]
    x, y, z = (grid.affine[:3, :3] @ centre + grid.affine[:3, 3]).tolist()
    return x, y, z
