"""The place that a NIfTI header gives an image: two of them, one, or none.

Reference: NIfTI-1 header, `qform` (method 2) and `sform` (method 3), https://nifti.nimh.nih.gov.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_APART_MM = 1.0


def position_fault(path: Path) -> str:
    """What is wrong with the place that a NIfTI header states; empty where it states one.

    Parameters
    ----------
    path : of a NIfTI file; another format, and a damaged header, are for others to judge
    """
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return ""
    with (gzip.open if path.name.lower().endswith(".gz") else open)(path, "rb") as file:
        header = file.read(348)
    if len(header) < 348:
        return ""
    order = "<" if struct.unpack_from("<i", header)[0] == 348 else ">"
    size = np.array(struct.unpack_from(f"{order}3h", header, 42))
    qform_code, sform_code = struct.unpack_from(f"{order}2h", header, 252)
    if struct.unpack_from(f"{order}i", header)[0] != 348:
        return ""
    if qform_code <= 0 and sform_code <= 0:
        return "states no place in the patient (neither qform nor sform)"
    if qform_code <= 0 or sform_code <= 0:
        return ""
    sform = np.array(struct.unpack_from(f"{order}12f", header, 280)).reshape(3, 4)
    corners = np.array(np.meshgrid(*[(0, count - 1) for count in size], indexing="ij")).reshape(3, 8)
    corners = np.vstack([corners, np.ones(8)])
    apart = float(np.abs((_qform(header, order) - sform) @ corners).max())
    if apart <= _APART_MM:
        return ""
    return f"is put {apart:.0f} mm apart by qform and sform, and nothing says which holds"


def _qform(header: bytes, order: str) -> NDArray[np.float64]:
    b, c, d, *offset = struct.unpack_from(f"{order}6f", header, 256)
    handedness, *spacing = struct.unpack_from(f"{order}4f", header, 76)
    a = np.sqrt(max(0.0, 1 - b * b - c * c - d * d))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    rotation = rotation * spacing
    if handedness < 0:
        rotation[:, 2] *= -1
    return np.hstack([rotation, np.reshape(offset, (3, 1))])
