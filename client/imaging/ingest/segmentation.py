"""Masks of a DICOM SEG, each on a grid of its own.

Reference: DICOM PS3.3 A.51 and C.8.20 (binary, fractional and label-map segmentations).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import number, numbers, text, whole
from client.imaging.ingest.decoding import decoded
from client.imaging.volume import Geometry, Mask, Volume, axes
from shared.errors import Code, MrfedError

_HALF = 0.5
"""Occupancy or probability from which a fractional voxel belongs to the mask."""
_SAME_PLACE_MM = 0.01
_PARALLEL = 1e-4
"""How far cosines of parallel axes may differ."""
_OFF = 0.05
"""Share of the distance of slices by which a frame may lie beside its slice."""


@dataclass(frozen=True)
class _Slice:
    inside: Mask
    position_mm: NDArray[np.float64]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    """Between rows, between columns."""
    step_mm: float | None
    """Between slices, where the header says."""
    thickness_mm: float | None = None


def read_segment(path: Path, segment: int, patient: str, grid: Geometry | None = None) -> Volume:
    """Read one segment.

    Parameters
    ----------
    path : of the SEG
    segment : number of one of its segments
    patient : for messages
    grid : of the image on which it was drawn, for the distance of slices where the file does not state it

    Returns
    -------
    Zeros and ones on the segment's own grid; frames that the file leaves out, being empty, are filled in

    Raises
    ------
    MrfedError (DATA_UNREADABLE) where the file cannot be decoded; (DATA_INCONSISTENT) where the segment has no
    frame, or its frames make no grid.
    """
    try:
        slices = list(_slices(pydicom.dcmread(path, force=True), segment))
    except Exception as error:  # pydicom raises whatever the damaged bytes lead to
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"patient {patient}: {path.name} cannot be decoded as a segmentation "
            f"({type(error).__name__}); export it again",
        ) from error
    if not slices:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"patient {patient}: {path.name}: segment {segment} has no frame: the mask is empty; draw it",
        )
    return _assemble(slices, grid, f"patient {patient}: {path.name}")


def _slices(dataset: Dataset, segment: int) -> Iterator[_Slice]:
    """Frames of one segment."""
    pixels = decoded(dataset)
    pixels = pixels[np.newaxis] if pixels.ndim == 2 else pixels
    shared_groups = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    labels = text(dataset, 0x00620001).upper() == "LABELMAP"
    threshold = _HALF * _full(dataset)
    for own, values in zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        if not labels and _item(own, shared_groups, "SegmentIdentificationSequence", 0x0062000B, 1) != (segment,):
            continue
        orientation = _item(own, shared_groups, "PlaneOrientationSequence", 0x00200037, 6)
        position = _item(own, shared_groups, "PlanePositionSequence", 0x00200032, 3)
        spacing = _item(own, shared_groups, "PixelMeasuresSequence", 0x00280030, 2)
        if orientation is None or position is None or spacing is None:
            raise ValueError("a frame has no place")
        measures = own.get("PixelMeasuresSequence") or shared_groups.get("PixelMeasuresSequence")
        yield _Slice(
            inside=np.asarray(values == segment if labels else values >= threshold),
            position_mm=np.array(position),
            orientation=orientation,
            spacing_mm=spacing,
            step_mm=number(measures[0], 0x00180088),
            thickness_mm=number(measures[0], 0x00180050),
        )


def _item(own: Dataset, shared_groups: Dataset, name: str, tag: int, count: int) -> tuple[float, ...] | None:
    """Numbers in a functional group: the frame's own, or the one that all share."""
    group = own.get(name) or shared_groups.get(name)
    return numbers(group[0], tag, count) if group else None


def _full(dataset: Dataset) -> int:
    """The number that stands for a voxel that belongs to the segment as a whole."""
    if text(dataset, 0x00620001).upper() != "FRACTIONAL":
        return 1
    full = whole(dataset, 0x0062000E)
    if not full:
        raise ValueError("a fractional segmentation without its maximum (0062,000E)")
    return full


def _step_mm(slices: list[_Slice], depths: NDArray[np.float64], grid: Geometry | None, where: str) -> float:
    """Distance of slices: stated, or that of the image's slices, or of the frames where these lie close together.

    Frames of empty slices are left out, so that the nearest two may lie slices apart.
    """
    first = slices[0]
    if first.step_mm:
        return first.step_mm
    distances = np.diff(np.unique(depths.round(3)))
    if grid is not None:
        image_mm = grid.spacing_mm[2]
        parallel = abs(
            np.cross(first.orientation[:3], first.orientation[3:]) @ np.reshape(grid.direction, (3, 3))[:, 2]
        )
        if parallel > 1 - _PARALLEL and np.abs(depths - np.rint(depths / image_mm) * image_mm).max() <= _OFF * image_mm:
            return image_mm
    if distances.size and (first.thickness_mm is None or distances.min() <= first.thickness_mm * (1 + _OFF)):
        return float(distances.min())
    if first.thickness_mm:
        return first.thickness_mm
    raise MrfedError(
        Code.DATA_INCONSISTENT,
        f"{where}: nothing says how far its slices lie apart (0018,0088); export the series on which it was drawn too",
    )


def _assemble(slices: list[_Slice], grid: Geometry | None, where: str) -> Volume:
    first = slices[0]
    direction = axes(first.orientation)
    across = np.reshape(direction, (3, 3))[:, 2]
    depths = np.array([part.position_mm @ across for part in slices])
    depths -= depths.min()
    step_mm = _step_mm(slices, depths, grid, where)
    places = np.round(depths / step_mm).astype(int)
    irregular = np.abs(depths - places * step_mm).max() > max(_SAME_PLACE_MM, _OFF * step_mm)
    if irregular or any(not np.allclose(frame.orientation, first.orientation, atol=_PARALLEL) for frame in slices):
        raise MrfedError(
            Code.DATA_INCONSISTENT, f"{where}: its frames make no regular grid; export it on the image's grid"
        )
    rows, columns = first.inside.shape
    voxels = np.zeros((places.max() + 1, rows, columns), dtype=np.float32)
    for place, part in zip(places, slices, strict=True):
        np.maximum(voxels[place], part.inside, out=voxels[place], casting="unsafe")
    x, y, z = slices[int(np.argmin(depths))].position_mm.tolist()
    geometry = Geometry(
        size=(columns, rows, len(voxels)),
        spacing_mm=(first.spacing_mm[1], first.spacing_mm[0], step_mm),
        origin_mm=(x, y, z),
        direction=direction,
    )
    return Volume(voxels, geometry, "mask")
