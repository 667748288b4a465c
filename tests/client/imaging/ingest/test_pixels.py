"""Pixels of every transfer syntax that scanners and archives use; what cannot be decoded is named with its patient."""

from pathlib import Path

import gdcm
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import RLELossless

from client.imaging.ingest import pixels
from client.imaging.ingest.header import read
from client.imaging.ingest.stack import Stack, stack
from shared.errors import Code, MrfedError
from tests.exports import write_volume

SMOOTH = np.cumsum(np.random.default_rng(2).integers(0, 60, (3, 24, 32)), axis=2).astype(np.uint16)
"""As images are: a codec that took the sign or the depth wrongly would show."""
LOSSLESS = {
    "implicit": gdcm.TransferSyntax.ImplicitVRLittleEndian,
    "big endian": gdcm.TransferSyntax.ExplicitVRBigEndian,
    "deflated": gdcm.TransferSyntax.DeflatedExplicitVRLittleEndian,
    "JPEG lossless": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
    "JPEG-LS": gdcm.TransferSyntax.JPEGLSLossless,
    "JPEG 2000": gdcm.TransferSyntax.JPEG2000Lossless,
    "RLE": gdcm.TransferSyntax.RLELossless,
}


def recoded(path: Path, syntax: int) -> None:
    """Write a file's pixels in another transfer syntax, by GDCM."""
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()


def stacked(paths: list[Path]) -> Stack:
    readings = [read(path.read_bytes(), path.name) for path in paths]
    assert not [reading.fault for reading in readings if reading.fault]
    return stack([reading.frames[0] for reading in readings])


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_syntaxes_give_the_same_numbers(tmp_path: Path, name: str) -> None:
    paths = write_volume(tmp_path, SMOOTH)
    for path in paths:
        recoded(path, LOSSLESS[name])
    assert dcmread(paths[0]).file_meta.TransferSyntaxUID.name != "Explicit VR Little Endian"
    np.testing.assert_array_equal(pixels.load(stacked(paths), tmp_path).voxels, SMOOTH)


def test_lossy_jpeg_is_read_as_what_it_is(tmp_path: Path) -> None:
    paths = write_volume(tmp_path, SMOOTH)
    for path in paths:
        recoded(path, gdcm.TransferSyntax.JPEG2000)
    computed = pixels.load(stacked(paths), tmp_path).voxels
    np.testing.assert_allclose(computed, SMOOTH, atol=0.02 * SMOOTH.max())


def test_signed_and_twelve_bit_pixels(tmp_path: Path) -> None:
    def signed(one, index):
        one.PixelRepresentation, one.BitsStored, one.HighBit = 1, 16, 15
        one.PixelData = (SMOOTH[index].astype(np.int16) - 500).tobytes()

    paths = write_volume(tmp_path, SMOOTH, change=signed)
    for path in paths:
        recoded(path, gdcm.TransferSyntax.JPEGLSLossless)
    np.testing.assert_array_equal(pixels.load(stacked(paths), tmp_path).voxels, SMOOTH.astype(np.float32) - 500)


@pytest.mark.parametrize("name", ["JPEG lossless", "JPEG-LS", "JPEG 2000", "RLE"])
@pytest.mark.parametrize("cut", [8, 60, 200])
def test_truncated_within_compressed_pixels(tmp_path: Path, name: str, cut: int) -> None:
    (path,) = write_volume(tmp_path, SMOOTH[:1])
    recoded(path, LOSSLESS[name])
    assert not read(path.read_bytes(), "a").fault
    assert "truncated within its compressed pixel data" in read(path.read_bytes()[:-cut], "a").fault


def test_a_scale_beyond_all_numbers_is_said(tmp_path: Path) -> None:
    paths = write_volume(tmp_path, SMOOTH[:2], RescaleSlope="1e300", RescaleIntercept="0")
    with pytest.raises(MrfedError, match=r"patient P1: 1-0001\.dcm has a scale .slope 1e\+300"):
        pixels.load(stacked(paths), tmp_path)


def test_a_codec_that_is_not_there_is_said(tmp_path: Path) -> None:
    (path,) = write_volume(tmp_path, SMOOTH[:1])
    recoded(path, gdcm.TransferSyntax.JPEG2000Lossless)
    content = path.read_bytes().replace(b"1.2.840.10008.1.2.4.90", b"1.2.840.10008.1.2.4.92")
    path.write_bytes(content)
    with pytest.raises(MrfedError, match=r"patient P1: 1-0001\.dcm has pixels that cannot be decoded") as caught:
        pixels.load(stacked([path]), tmp_path)
    assert caught.value.code is Code.DATA_UNREADABLE


def test_a_header_that_lies_about_its_pixels(tmp_path: Path) -> None:
    """Explicit elements under a name that says implicit, and pixels that are not what the syntax says."""
    first, second = write_volume(tmp_path, SMOOTH[:2])
    first.write_bytes(first.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0"))
    reading = read(first.read_bytes(), first.name)
    assert reading.frames or reading.fault
    if reading.frames:
        computed = pixels.load(stack(list(reading.frames)), tmp_path)
        np.testing.assert_array_equal(computed.voxels[0], SMOOTH[0])
    one = dcmread(second)
    one.compress(RLELossless)
    one.save_as(second)
    second.write_bytes(second.read_bytes().replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0"))
    reading = read(second.read_bytes(), second.name)
    assert "truncated" in reading.fault or reading.frames
    if reading.frames:
        with pytest.raises(MrfedError, match=r"patient P1: 1-0002\.dcm has pixels"):
            pixels.load(stack(list(reading.frames)), tmp_path)
