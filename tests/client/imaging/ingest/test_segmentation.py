"""Masks of DICOM SEG as highdicom writes them, on the image's grid."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from highdicom import UID
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from highdicom.sr.coding import CodedConcept
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from client.imaging.ingest.header import read
from client.imaging.ingest.segmentation import read_segment
from client.imaging.ingest.stack import Stack, stack
from client.imaging.preprocess.nearest import onto_grid
from shared.errors import Code, MrfedError
from tests.exports import SAGITTAL, uid, write_volume

_TISSUE = CodedConcept("108369006", "SCT", "Neoplasm")
_ELEMENTS = {
    "StudyID": "1",
    "AccessionNumber": "1",
    "StudyTime": "100000",
    "PatientSex": "F",
    "ReferringPhysicianName": "",
}
INSIDE = np.zeros((6, 6, 8), dtype=bool)
INSIDE[1:3, 2:5, 3:6] = True
INSIDE[4, 1, 1] = True  # an empty frame lies between


def image(folder: Path, orientation: tuple[float, ...] = SAGITTAL) -> tuple[list[Path], Stack]:
    paths = write_volume(folder, np.ones(INSIDE.shape), ImageOrientationPatient=list(orientation), **_ELEMENTS)
    frames = [read(path.read_bytes(), path.name).frames[0] for path in paths]
    return paths, stack(frames)


def seg(paths: list[Path], masks: np.ndarray, kind: SegmentationTypeValues, **options: object) -> Path:
    """A SEG with one segment for each entry of the last axis."""
    descriptions = [
        SegmentDescription(number, f"Lesion {number}", _TISSUE, _TISSUE, SegmentAlgorithmTypeValues.MANUAL)
        for number in range(1, masks.shape[-1] + 1)
    ]
    path = paths[0].parent / "mask.dcm"
    Segmentation(
        [dcmread(one) for one in paths], masks, kind, descriptions, UID(uid("seg")), 2, UID(uid("seg", 1)), 1,
        "ACME", "Two", "1", "1", **options,
    ).save_as(path)  # fmt: skip
    return path


@pytest.mark.parametrize("kind", [SegmentationTypeValues.BINARY, SegmentationTypeValues.FRACTIONAL])
def test_the_mask_comes_back(tmp_path: Path, kind: SegmentationTypeValues) -> None:
    paths, volume = image(tmp_path)
    masks = INSIDE[..., np.newaxis].astype(np.uint8 if kind is SegmentationTypeValues.BINARY else np.float32)
    found = read_segment(seg(paths, masks, kind), 1, "P1")
    np.testing.assert_array_equal(onto_grid(found, volume.geometry, "here"), INSIDE)


def test_a_fractional_voxel_belongs_from_one_half_on(tmp_path: Path) -> None:
    paths, volume = image(tmp_path)
    occupancy = np.where(INSIDE, 0.5, 0.45)[..., np.newaxis]
    found = read_segment(seg(paths, occupancy, SegmentationTypeValues.FRACTIONAL), 1, "P1")
    np.testing.assert_array_equal(onto_grid(found, volume.geometry, "here"), INSIDE)


@pytest.mark.parametrize("kind", [SegmentationTypeValues.BINARY, SegmentationTypeValues.LABELMAP])
def test_each_segment_by_its_number(tmp_path: Path, kind: SegmentationTypeValues) -> None:
    paths, volume = image(tmp_path)
    both = np.stack([INSIDE, np.roll(INSIDE, 3, axis=2) & ~INSIDE], axis=-1).astype(np.uint8)
    path = seg(paths, both, kind)
    for number in (1, 2):
        found = onto_grid(read_segment(path, number, "P1"), volume.geometry, "here")
        np.testing.assert_array_equal(found, both[..., number - 1] > 0)


def test_drawn_on_other_slices_of_the_same_coordinates(tmp_path: Path) -> None:
    """A mask drawn on every second slice covers those around it."""
    paths, volume = image(tmp_path)
    coarse = INSIDE[::2, ..., np.newaxis].astype(np.uint8)
    found = onto_grid(
        read_segment(seg(paths[::2], coarse, SegmentationTypeValues.BINARY), 1, "P1"), volume.geometry, ""
    )
    np.testing.assert_array_equal(found[::2], INSIDE[::2])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    paths, _ = image(tmp_path)
    path = seg(paths, INSIDE[..., np.newaxis].astype(np.uint8), SegmentationTypeValues.BINARY)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(MrfedError, match=r"patient P1: mask\.dcm cannot be decoded") as caught:
        read_segment(path, 1, "P1")
    assert caught.value.code is Code.DATA_UNREADABLE


def test_a_segment_that_is_not_there_is_empty(tmp_path: Path) -> None:
    paths, _ = image(tmp_path)
    path = seg(paths, INSIDE[..., np.newaxis].astype(np.uint8), SegmentationTypeValues.BINARY)
    with pytest.raises(MrfedError, match="segment 2 has no frame: the mask is empty"):
        read_segment(path, 2, "P1")


def _without_spacing(path: Path, thickness_mm: float | None) -> None:
    one = dcmread(path)
    for groups in (one.SharedFunctionalGroupsSequence, one.PerFrameFunctionalGroupsSequence):
        for group in groups:
            for measures in group.get("PixelMeasuresSequence", ()):
                measures.pop("SpacingBetweenSlices", None)
                if thickness_mm is None:
                    measures.pop("SliceThickness", None)
                else:
                    measures.SliceThickness = thickness_mm
    one.save_as(path)


def _far_apart() -> np.ndarray:
    inside = np.zeros((6, 6, 8), dtype=bool)
    inside[[0, 5], 2:5, 3:6] = True
    return inside


@pytest.mark.parametrize("thickness_mm", [2.0, 1.0, None])
def test_two_far_slices_are_two_slices(tmp_path: Path, thickness_mm: float | None) -> None:
    paths, volume = image(tmp_path)
    path = seg(paths, _far_apart()[..., np.newaxis].astype(np.uint8), SegmentationTypeValues.BINARY)
    _without_spacing(path, thickness_mm)
    found = read_segment(path, 1, "P1", volume.geometry)
    np.testing.assert_array_equal(onto_grid(found, volume.geometry, "here"), _far_apart())


@pytest.mark.parametrize("inside", [_far_apart(), INSIDE & (np.arange(6) == 4)[:, None, None]])
def test_without_the_image_slices_are_as_thick_as_they_say_or_refused(tmp_path: Path, inside: np.ndarray) -> None:
    paths, volume = image(tmp_path)
    path = seg(paths, inside[..., np.newaxis].astype(np.uint8), SegmentationTypeValues.BINARY)
    _without_spacing(path, 2.0)
    np.testing.assert_array_equal(onto_grid(read_segment(path, 1, "P1"), volume.geometry, "here"), inside)
    if inside.any(axis=(1, 2)).sum() == 1:
        _without_spacing(path, None)
        with pytest.raises(MrfedError, match="nothing says how far its slices lie apart"):
            read_segment(path, 1, "P1")


def test_frames_compressed_by_run_lengths(tmp_path: Path) -> None:
    paths, volume = image(tmp_path)
    path = seg(paths, INSIDE[..., np.newaxis].astype(np.float32), SegmentationTypeValues.FRACTIONAL)
    one = dcmread(path)
    one.compress(RLELossless)
    one.save_as(path)
    np.testing.assert_array_equal(onto_grid(read_segment(path, 1, "P1"), volume.geometry, "here"), INSIDE)


@pytest.mark.parametrize("kind", [SegmentationTypeValues.BINARY, SegmentationTypeValues.FRACTIONAL])
def test_deflated_frames(tmp_path: Path, kind: SegmentationTypeValues) -> None:
    paths, volume = image(tmp_path)
    path = seg(paths, INSIDE[..., np.newaxis].astype(np.uint8), kind)
    one = dcmread(path)
    frames = []
    for frame in one.pixel_array:
        packed = np.packbits(frame.ravel(), bitorder="little") if one.BitsAllocated == 1 else frame.astype(np.uint8)
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        frames.append(deflate.compress(packed.tobytes()) + deflate.flush())
    one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.8.1"
    one.PixelData = encapsulate(frames)
    one["PixelData"].is_undefined_length = True
    one["PixelData"].VR = "OB"
    one.save_as(path, implicit_vr=False, little_endian=True, force_encoding=True)
    np.testing.assert_array_equal(onto_grid(read_segment(path, 1, "P1"), volume.geometry, "here"), INSIDE)


def test_a_fraction_of_nothing_stated_is_refused(tmp_path: Path) -> None:
    paths, _ = image(tmp_path)
    path = seg(paths, INSIDE[..., np.newaxis].astype(np.float32), SegmentationTypeValues.FRACTIONAL)
    one = dcmread(path)
    del one.MaximumFractionalValue
    one.save_as(path)
    with pytest.raises(MrfedError, match="cannot be decoded"):
        read_segment(path, 1, "P1")
