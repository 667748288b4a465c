"""Which breast an image shows or a mask lies in."""

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from client.imaging.volume import Geometry

BOTH_MM = 200.0
"""Width from left to right from which a field of view is of both breasts, and the middle of it that of the patient."""


class Side(StrEnum):
    """A breast; the patient's own left and right."""

    LEFT = "left"
    RIGHT = "right"


_WORDS = {
    **dict.fromkeys(
        (
            "l",
            "lt",
            "left",
            "li",
            "links",
            "gauche",
            "izquierda",
            "sinistra",
            "lewa",
            "левая",
            "左",
            "左侧",
            "左乳",
            "좌",
        ),
        Side.LEFT,
    ),
    **dict.fromkeys(
        (
            "r",
            "rt",
            "right",
            "re",
            "rechts",
            "droite",
            "derecha",
            "destra",
            "prawa",
            "правая",
            "右",
            "右侧",
            "右乳",
            "우",
        ),
        Side.RIGHT,
    ),
}


def named(word: object) -> Side | None:
    """The breast that a header or a table names; None where it names none, or both."""
    return _WORDS.get(str(word).strip().lower())


def declared(words: Iterable[str]) -> Side | None:
    """The breast that the headers of all images name; None where they name none, both or different ones."""
    sides = {named(word) for word in words}
    return sides.pop() if len(sides) == 1 else None


def where(inside: NDArray[np.bool_], geometry: Geometry) -> Side | None:
    """The breast in which the voxels of a mask lie, where the images show both.

    Parameters
    ----------
    inside : (slices, rows, columns) mask, not empty
    geometry : its grid, in DICOM's coordinates, which grow to the patient's left

    Returns
    -------
    None where the field of view is too narrow to hold both breasts: nothing says where its middle lies in the patient
    """
    across = geometry.corners_mm()[:, 0]
    if across.max() - across.min() < BOTH_MM:
        return None
    centre = np.argwhere(inside).mean(axis=0)[::-1]
    lies = float(geometry.affine[0, :3] @ centre + geometry.affine[0, 3])
    return Side.LEFT if lies > (across.max() + across.min()) / 2 else Side.RIGHT
