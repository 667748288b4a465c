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
from client.imaging.volume import Geometry, Mask, Volume, axes
from shared.errors import Code, MrfedError

_HALF = 0.5
"""Occupancy or probability from which a fractional voxel belongs to the mask."""
_SAME_PLACE_MM = 0.01


@dataclass(frozen=True)
class _Slice:
    inside: Mask
    position_mm: NDArray[np.float64]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    """Between rows, between columns."""
    step_mm: float | None
    """Between slices, where the header says."""


def read_segment(path: Path, segment: int, patient: str) -> Volume:
    """Read one segment.

    Parameters
    ----------
    path : of the SEG
    segment : number of one of its segments
    patient : for messages

    Returns
    -------
    Zeros and ones on the segment's own grid; frames that the file leaves out, being empty, are filled in

    Raises
    ------
    MrfedError (DATA_UNREADABLE) where the file cannot be decoded; (DATA_INCONSISTENT) where the segment has no
    frame, or its frames make no grid.
    """
    try:
        slices = list(_slices(pydicom.dcmread(path), segment))
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
    return _assemble(slices, f"patient {patient}: {path.name}")


def _slices(dataset: Dataset, segment: int) -> Iterator[_Slice]:
    """Frames of one segment."""
    pixels = dataset.pixel_array
    pixels = pixels[np.newaxis] if pixels.ndim == 2 else pixels
    shared_groups = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    labels = text(dataset, 0x00620001).upper() == "LABELMAP"
    threshold = _HALF * (whole(dataset, 0x0062000E) or 1)
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
        )


def _item(own: Dataset, shared_groups: Dataset, name: str, tag: int, count: int) -> tuple[float, ...] | None:
    """Numbers in a functional group: the frame's own, or the one that all share."""
    group = own.get(name) or shared_groups.get(name)
    return numbers(group[0], tag, count) if group else None


def _assemble(slices: list[_Slice], where: str) -> Volume:
    first = slices[0]
    direction = axes(first.orientation)
    across = np.reshape(direction, (3, 3))[:, 2]
    depths = np.array([one.position_mm @ across for one in slices])
    depths -= depths.min()
    steps = np.diff(np.unique(depths.round(3)))
    step_mm = first.step_mm or (float(steps.min()) if steps.size else 1.0)
    places = np.round(depths / step_mm).astype(int)
    irregular = np.abs(depths - places * step_mm).max() > max(_SAME_PLACE_MM, 0.05 * step_mm)
    if irregular or any(one.orientation != first.orientation for one in slices):
        raise MrfedError(
            Code.DATA_INCONSISTENT, f"{where}: its frames make no regular grid; export it on the image's grid"
        )
    rows, columns = first.inside.shape
    voxels = np.zeros((places.max() + 1, rows, columns), dtype=np.float32)
    for place, one in zip(places, slices, strict=True):
        np.maximum(voxels[place], one.inside, out=voxels[place], casting="unsafe")
    x, y, z = slices[int(np.argmin(depths))].position_mm.tolist()
    geometry = Geometry(
        size=(columns, rows, len(voxels)),
        spacing_mm=(first.spacing_mm[1], first.spacing_mm[0], step_mm),
        origin_mm=(x, y, z),
        direction=direction,
    )
    return Volume(voxels, geometry, "mask")
