"""Masks of an RTSTRUCT: closed contours filled on the slices of the image on which they were drawn.

Reference: DICOM PS3.3 C.8.8.6 (ROI contour module). A contour within another is a hole, and one within that an island;
a hole may also be cut by a keyhole. Contours that are there twice, or overlap without one holding the other, are
joined: some writers store a contour once for each series that it is shown on.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from client.imaging.ingest.attribute import text, whole
from client.imaging.volume import Geometry, Mask, Volume
from shared.errors import Code, MrfedError

_BETWEEN_SLICES = 0.25
"""How far from a slice, in slices, a contour may lie and still have been drawn on it."""
_OUTSIDE_VOXELS = 1.0
_THE_SAME = 0.9
"""Share of their area that two contours have in common from which they are one, stored twice with other rounding."""


def read_region(path: Path, region: int, grid: Geometry, patient: str) -> Volume:
    """Read one region of interest.

    Parameters
    ----------
    path : of the RTSTRUCT
    region : ROI number
    grid : of the image on which it was drawn
    patient : for messages

    Returns
    -------
    Zeros and ones on the grid

    Raises
    ------
    MrfedError (DATA_UNREADABLE) where the file cannot be decoded; (DATA_INCONSISTENT) where the region has no closed
    contour, or a contour does not lie on a slice of the image.
    """
    where = f"patient {patient}: {path.name}"
    try:
        contours = _contours(path, region)
    except Exception as error:  # pydicom raises whatever the damaged bytes lead to
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"{where} cannot be decoded as a structure set ({type(error).__name__}); export it again",
        ) from error
    if not contours:
        raise MrfedError(
            Code.DATA_INCONSISTENT, f"{where}: region {region} has no closed contour: the mask is empty; draw it"
        )
    drawn: dict[int, list[Area]] = defaultdict(list)
    to_grid = np.linalg.inv(grid.affine)
    for points, exclusive in contours:
        x, y, z = to_grid[:3, :3] @ points.T + to_grid[:3, 3:]
        layer = int(np.rint(z.mean()))
        if np.abs(z - layer).max() > _BETWEEN_SLICES:
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{where}: a contour lies between the slices of the image: it was drawn on another series; export it "
                "as a mask, or export that series",
            )
        beyond = max(-x.min(), -y.min(), x.max() - grid.size[0] + 1, y.max() - grid.size[1] + 1)
        if not 0 <= layer < grid.size[2] or beyond > _OUTSIDE_VOXELS:
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{where}: a contour reaches beyond the image: it was drawn on another one; export the one that "
                "belongs to it",
            )
        turn = float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
        drawn[layer].append(Area(filled(x, y, grid.size[1], grid.size[0]), turn > 0, exclusive))
    inside = np.zeros(grid.shape, dtype=bool)
    for layer, areas in drawn.items():
        inside[layer] = region_of(areas)
    return Volume(inside.astype(np.float32), grid, "mask")


@dataclass(frozen=True)
class Area:
    """What a contour encloses, which way round it runs, and whether its type asks that overlaps be left out."""

    inside: Mask
    forward: bool
    exclusive: bool = False

    def copies(self, other: "Area") -> bool:
        """Whether another one is the same contour, stored a second time with other rounding."""
        least = _THE_SAME if self.forward == other.forward else 1.0
        return bool((self.inside & other.inside).sum() >= least * (self.inside | other.inside).sum())


def region_of(areas: list[Area]) -> Mask:
    """What the contours of one slice enclose together.

    Parameters
    ----------
    areas : of each of them
    """
    region = np.zeros_like(areas[0].inside)
    kept: list[Area] = []
    for area in sorted(areas, key=lambda outline: -int(outline.inside.sum())):
        if area.exclusive:
            region ^= area.inside
            continue
        if any(area.copies(outer) for outer in kept):
            continue
        holding = sum(not (area.inside & ~outer.inside).any() for outer in kept)
        region = (region & ~area.inside) if holding % 2 else (region | area.inside)
        kept.append(area)
    return np.asarray(region)


def filled(x: NDArray[np.float64], y: NDArray[np.float64], rows: int, columns: int) -> Mask:
    """Pixels whose centres a polygon encloses.

    Parameters
    ----------
    x, y : (n,) corners, in columns and rows
    rows, columns : of the image
    """
    crossed = np.zeros((rows, columns + 1), dtype=bool)
    for x0, y0, x1, y1 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        low, high = (y0, y1) if y0 < y1 else (y1, y0)
        at = np.arange(max(0, int(np.ceil(low))), min(rows, int(np.ceil(high))))
        if len(at):
            crossing = x0 + (at - y0) / (y1 - y0) * (x1 - x0)
            first = np.clip(np.ceil(crossing), 0, columns).astype(int)
            crossed[at, first] ^= True  # rows occur once an edge
    return np.asarray(np.logical_xor.accumulate(crossed, axis=1)[:, :columns])


def _contours(path: Path, region: int) -> list[tuple[NDArray[np.float64], bool]]:
    """(n, 3) points in millimetres of each closed contour of a region, and whether its overlaps are left out."""
    dataset = pydicom.dcmread(path, force=True)
    if not text(dataset, 0x00080060):
        raise ValueError("no DICOM object")
    return [
        (
            np.array([float(number) for number in contour.ContourData]).reshape(-1, 3),
            text(contour, 0x30060042).upper() == "CLOSEDPLANAR_XOR",
        )
        for item in dataset.get("ROIContourSequence") or ()
        if whole(item, 0x30060084) == region
        for contour in item.get("ContourSequence") or ()
        if text(contour, 0x30060042).upper() in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
    ]
