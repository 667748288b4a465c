"""Slices in order along their common normal, and the grid that they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from client.imaging.ingest.frame import Frame
from client.imaging.volume import Geometry, axes
from shared.errors import Code, MrfedError

SAME_PLACE_DIGITS = 1
"""Of millimetres along the normal: frames that agree in them lie at the same place."""
_ORIENTATION_TOLERANCE = 1e-3
_SPACING_TOLERANCE_MM = 1e-3
# Positions are written with few digits: steps may differ by this share of the slice distance.
_STEP_TOLERANCE = 0.05
_SMALLEST_MM, _LARGEST_MM = 1e-3, 1e3
"""Between these lies the spacing of any image of a patient."""


@dataclass(frozen=True)
class Stack:
    """Frames of one volume, sorted along the normal, and its grid."""

    frames: tuple[Frame, ...]
    geometry: Geometry


def normal(frame: Frame) -> tuple[float, float, float]:
    """Unit vector across the slice, rows x columns.

    Raises
    ------
    MrfedError where the header has no usable orientation.
    """
    if frame.orientation is None:
        raise _fault(frame, "has no orientation (0020,0037)", "export it with its geometry")
    row, column = np.array(frame.orientation[:3]), np.array(frame.orientation[3:])
    if (
        abs(row @ row - 1) > _ORIENTATION_TOLERANCE * 10
        or abs(column @ column - 1) > _ORIENTATION_TOLERANCE * 10
        or abs(row @ column) > _ORIENTATION_TOLERANCE
    ):
        raise _fault(frame, "has an orientation that is not two perpendicular unit vectors", "export it again")
    across = np.cross(row, column)
    return cast(tuple[float, float, float], tuple(float(component) for component in across / np.linalg.norm(across)))


def depth_mm(frame: Frame) -> float:
    """Position along the normal.

    Raises
    ------
    MrfedError where the header has no position or orientation.
    """
    if frame.position_mm is None:
        raise _fault(frame, "has no position (0020,0032)", "export it with its geometry")
    return float(np.dot(frame.position_mm, normal(frame)))


def stack(frames: Sequence[Frame]) -> Stack:
    """Order the slices of one volume and check that they make a regular grid.

    Parameters
    ----------
    frames : at least one, in any order

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) naming the file, where slices differ in size, orientation or spacing, one
    is missing or there twice, or they do not lie along their normal.
    """
    ordered = sorted(frames, key=depth_mm)
    first, last = ordered[0], ordered[-1]
    if first.row_spacing_mm is None or first.column_spacing_mm is None:
        raise _fault(first, "has no pixel spacing (0028,0030)", "export it with its geometry")
    if not _SMALLEST_MM < min(first.row_spacing_mm, first.column_spacing_mm) <= _LARGEST_MM:
        raise _fault(first, f"has a pixel spacing of {first.row_spacing_mm:g} mm (0028,0030)", "export it again")
    for frame in ordered[1:]:
        _same_plane(first, frame)
    positions = np.array([frame.position_mm for frame in ordered])
    across = np.array(normal(first))
    steps = np.diff(positions @ across)
    if len(ordered) == 1:
        thickness_mm = first.thickness_mm or 0.0
        step_mm = thickness_mm if _SMALLEST_MM < thickness_mm <= _LARGEST_MM else 1.0
    else:
        step_mm = float((positions[-1] - positions[0]) @ across) / (len(ordered) - 1)
        _regular(ordered, steps)
    drift_mm = np.abs(positions[-1] - positions[0] - (positions[-1] - positions[0]) @ across * across).max()
    if drift_mm > max(first.row_spacing_mm, first.column_spacing_mm) / 2:
        raise _fault(last, f"lies {drift_mm:.1f} mm beside the normal of the series", "resample sheared series")
    return Stack(
        frames=tuple(ordered),
        geometry=Geometry(
            size=(first.columns, first.rows, len(ordered)),
            spacing_mm=(first.column_spacing_mm, first.row_spacing_mm, step_mm),
            origin_mm=cast(tuple[float, float, float], first.position_mm),
            direction=axes(first.orientation or ()),
        ),
    )


def _same_plane(first: Frame, frame: Frame) -> None:
    if (frame.rows, frame.columns) != (first.rows, first.columns):
        raise _fault(
            frame,
            f"has {frame.rows} x {frame.columns} pixels, others {first.rows} x {first.columns}",
            "export one series at a time",
        )
    if np.abs(np.subtract(frame.orientation or 0, first.orientation or 0)).max() > _ORIENTATION_TOLERANCE:
        raise _fault(frame, "is oriented otherwise than the rest of its series", "export each plane as a series")
    own = np.array((frame.row_spacing_mm or 0, frame.column_spacing_mm or 0))
    if np.abs(own - (first.row_spacing_mm or 0, first.column_spacing_mm or 0)).max() > _SPACING_TOLERANCE_MM:
        raise _fault(frame, "has another pixel spacing than the rest of its series", "export it again")


def _regular(ordered: Sequence[Frame], steps: np.ndarray) -> None:
    apart = steps[steps > _SPACING_TOLERANCE_MM]
    usual = float(np.quantile(apart, 0.5, method="lower")) if apart.size else 1.0
    for frame, step in zip(ordered[1:], steps, strict=True):
        if step <= usual * _STEP_TOLERANCE:
            raise _fault(frame, "lies at the same place as another slice of its volume", "remove the duplicate")
        if abs(step - usual) > usual * _STEP_TOLERANCE:
            missing = round(step / usual) - 1
            raise _fault(
                frame,
                f"lies {step:.2f} mm from its neighbour, others {usual:.2f} mm"
                + (f": {missing} missing" if missing > 0 else ""),
                "export the whole series",
            )


def _fault(frame: Frame, problem: str, remedy: str) -> MrfedError:
    return MrfedError(
        Code.DATA_INCONSISTENT,
        f"patient {frame.patient}: series {frame.series_number} ({frame.description}), {frame.path} "
        f"{problem}; {remedy}",
    )
