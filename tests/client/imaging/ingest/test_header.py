"""Files of every kind, whole and damaged: read, or refused with a reason, never an exception."""

import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    MediaStorageDirectoryStorage,
    SecondaryCaptureImageStorage,
)

from client.imaging.ingest.header import Reading, read
from tests.client.imaging.ingest.headers import enhanced, image, saved


def test_a_classic_image() -> None:
    reading = read(saved(image(AcquisitionDate="20240108", AcquisitionTime="100000", MagneticFieldStrength=15000)), "a")
    (frame,) = reading.frames
    assert (frame.patient, frame.rows, frame.columns, frame.row_spacing_mm, frame.column_spacing_mm) == (
        "P1",
        6,
        8,
        1.5,
        1.0,
    )
    assert frame.field_t == 1.5, "older scanners write gauss"
    assert not reading.fault


def test_no_name_and_no_birth_date_is_kept() -> None:
    (frame,) = read(saved(image()), "a").frames
    kept = repr(frame)
    assert "Secret" not in kept
    assert "19600101" not in kept


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "empty"),
        (saved(image())[:-20], "truncated within its 96 bytes"),
        (saved(image(PatientID=None)), "no patient identifier"),
        (saved(image())[:200], ""),
        (b"\0" * 128 + b"DICM" + b"\xff" * 64, ""),
    ],
)
def test_what_should_have_been_of_use(content: bytes, fault: str) -> None:
    reading = read(content, "a")
    assert not reading.frames
    assert reading.fault
    assert fault in reading.fault


@pytest.mark.parametrize(
    ("content", "other"),
    [
        (b"hello", "not DICOM"),
        (saved(image(SOPClassUID=SecondaryCaptureImageStorage)), "secondary capture"),
        (saved(image(SOPClassUID=GrayscaleSoftcopyPresentationStateStorage)), "not an image"),
        (saved(image(Modality="CT")), "modality CT"),
        (saved(image(SamplesPerPixel=3)), "colour image"),
    ],
)
def test_what_is_of_no_use(content: bytes, other: str) -> None:
    reading = read(content, "a")
    assert not reading.frames
    assert not reading.fault
    assert other in reading.other


def test_an_export_without_preamble() -> None:
    content = saved(image())
    length = int.from_bytes(content[140:144], "little")
    assert len(read(content[144 + length :], "a").frames) == 1


def test_frames_of_an_enhanced_object() -> None:
    first, second = read(saved(enhanced()), "a").frames
    assert (first.index, second.index) == (0, 1)
    assert second.position_mm == (0, 0, 3)
    assert second.row_spacing_mm == 0.7
    assert second.acquired_s is not None
    assert first.acquired_s is not None
    assert second.acquired_s - first.acquired_s == 1
    assert second.temporal_index == 2


@pytest.mark.parametrize("path", ["DICOMDIR", "disk/DICOMDIR", "LOCKFILE", ".DS_Store", "a/Thumbs.db", "README.TXT"])
def test_what_lies_beside_every_export_is_passed_over(path: str) -> None:
    assert read(b"no image", path) == Reading()


def test_a_directory_of_a_disk_by_its_class() -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = MediaStorageDirectoryStorage, "1.2.3"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    one.FileSetID = "DISK"
    assert read(saved(one), "index.dcm") == Reading()


def test_philips_isotropic_images_are_traces() -> None:
    one = image(Manufacturer="Philips", DiffusionBValue=800.0)
    one.add_new(0x20010010, "LO", "Philips Imaging DD 001")
    one.add_new(0x20011004, "CS", "I")
    assert read(saved(one), "a").frames[0].trace
    one[0x20011004].value = "P"
    assert not read(saved(one), "a").frames[0].trace
