"""Where a NIfTI header puts an image."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from client.imaging.ingest.nifti_position import position_fault


def written(path: Path, qform_code: int, sform_code: int, shift_mm: float = 0.0) -> Path:
    image = sitk.GetImageFromArray(np.ones((4, 5, 6), dtype=np.uint8))
    image.SetSpacing((1.0, 1.5, 3.0))
    image.SetOrigin((-20.0, 10.0, 5.0))
    image.SetDirection((0.8, 0.0, 0.6, 0.0, 1.0, 0.0, -0.6, 0.0, 0.8))
    sitk.WriteImage(image, str(path))
    zipped = path.name.endswith(".gz")
    content = bytearray(gzip.decompress(path.read_bytes()) if zipped else path.read_bytes())
    struct.pack_into("<2h", content, 252, qform_code, sform_code)
    (offset,) = struct.unpack_from("<f", content, 280 + 12)
    struct.pack_into("<f", content, 280 + 12, offset + shift_mm)
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize(
    ("qform_code", "sform_code", "shift_mm", "fault"),
    [
        (1, 1, 0.0, ""),
        (1, 2, 0.5, ""),
        (1, 1, 30.0, "is put 30 mm apart by qform and sform"),
        (1, 1, float("nan"), "apart by qform and sform"),
        (1, 0, 30.0, ""),
        (0, 1, 30.0, ""),
        (0, 0, 0.0, "states no place in the patient"),
    ],
)
def test_two_places_or_none(
    tmp_path: Path, name: str, qform_code: int, sform_code: int, shift_mm: float, fault: str
) -> None:
    found = position_fault(written(tmp_path / name, qform_code, sform_code, shift_mm))
    assert fault in found
    assert bool(fault) == bool(found)


def test_other_files_are_for_others_to_judge(tmp_path: Path) -> None:
    for name in ("a.nrrd", "short.nii"):
        (tmp_path / name).write_bytes(b"none")
        assert position_fault(tmp_path / name) == ""
