"""Images whose headers state far more voxels than anybody has written."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from client.imaging.ingest import pixels, plain
from client.networks import slices
from client.site.site_file import Pictures
from shared.errors import Code, MrfedError

pytestmark = pytest.mark.attack

Gained = Callable[[str, str, str], None]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_volume_of_a_thousand_million_voxels_in_a_file_of_some_hundred_bytes(
    suffix: str, tmp_path: Path, gained: Gained
) -> None:
    path = tmp_path / "sub-1_mask.nii"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((3, 4, 5), np.uint8)), str(path))
    content = bytearray(path.read_bytes())
    struct.pack_into("<3h", content, 42, 32000, 32000, 32000)
    name = f"sub-1_mask{suffix}"
    compress = zlib.compressobj(wbits=31)
    (tmp_path / name).write_bytes(bytes(content) if suffix == ".nii" else compress.compress(content) + compress.flush())
    assert "more than the file can hold" in plain.read(tmp_path, name).fault
    with pytest.raises(MrfedError, match="cannot be read as a mask") as caught:
        plain.read_label(tmp_path / name, 1, "P1")
    assert caught.value.code is Code.DATA_UNREADABLE
    with pytest.raises(MrfedError, match="cannot be decoded"):
        pixels._decode(tmp_path / name, lambda reason: MrfedError(Code.DATA_UNREADABLE, f"{name} {reason}"))
    gained(
        f"Put a {suffix} file among the exports that states 32000^3 voxels", "30 TB of memory", "a fault by its name"
    )


def test_a_picture_of_a_thousand_million_pixels_in_a_file_of_some_hundred_bytes(tmp_path: Path, gained: Gained) -> None:
    for edge in (20_000, 60_000):
        header = struct.pack(">2I5B", edge, edge, 1, 0, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
        path = tmp_path / "a.png"
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + b"".join(
                struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                for kind, body in chunks
            )
        )
        columns = Pictures()
        row = pd.Series(dict.fromkeys(columns.box, 1.0) | {columns.file: path.name}, name="P1")
        with pytest.raises(MrfedError, match=r"patient P1: a\.png cannot be read as a picture"):
            slices.read(path, row, ("a",), columns)
    gained("Name a picture that states 60000^2 pixels", "an internal error, or 14 GB of memory", "refused by its name")
