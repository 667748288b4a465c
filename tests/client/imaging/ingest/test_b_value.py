"""b-values as each vendor writes them."""

import struct

import pytest
from pydicom.dataset import Dataset

from client.imaging.ingest.b_value import b_value


def private(manufacturer: str, group: int, creator: str | None, element: int, vr: str, value: object) -> Dataset:
    dataset = Dataset()
    dataset.Manufacturer = manufacturer
    if creator is not None:
        dataset.add_new((group << 16) | 0x0010, "LO", creator)
    dataset.add_new((group << 16) | 0x1000 | element, vr, value)
    return dataset


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (private("SIEMENS", 0x0019, "SIEMENS MR HEADER", 0x0C, "IS", 800), 800),
        (private("GE MEDICAL SYSTEMS", 0x0043, "GEMS_PARM_01", 0x39, "IS", [1000000800, 8, 0, 0]), 800),
        (private("GE MEDICAL SYSTEMS", 0x0043, "GEMS_PARM_01", 0x39, "IS", [600, 8, 0, 0]), 600),
        (private("Philips", 0x2001, "Philips Imaging DD 001", 0x03, "FL", 1500.0), 1500),
        (private("UIH", 0x0065, "Image Private Header", 0x09, "FD", 50.0), 50),
        # bytes whose representation an anonymizer lost
        (private("SIEMENS", 0x0019, "SIEMENS MR HEADER", 0x0C, "UN", b"800 "), 800),
        (private("GE MEDICAL SYSTEMS", 0x0043, "GEMS_PARM_01", 0x39, "UN", b"1000000800\\8\\0\\0"), 800),
        (private("Philips", 0x2001, "Philips Imaging DD 001", 0x03, "UN", struct.pack("<f", 1500)), 1500),
        (private("UIH", 0x0065, "Image Private Header", 0x09, "UN", struct.pack("<d", 50)), 50),
        # the creator is gone: only where the vendor is the one that writes there
        (private("SIEMENS", 0x0019, None, 0x0C, "IS", 800), 800),
        (private("ACME", 0x0019, None, 0x0C, "IS", 800), None),
        (private("SIEMENS", 0x0019, "SOMEBODY ELSE", 0x0C, "IS", 800), None),
        (private("SIEMENS", 0x0019, "SIEMENS MR HEADER", 0x0C, "UN", b"what"), None),
    ],
)
def test_private_elements(header: Dataset, expected: float | None) -> None:
    assert b_value(header) == expected


def test_a_private_block_may_lie_elsewhere() -> None:
    dataset = Dataset()
    dataset.add_new(0x00190011, "LO", "SIEMENS MR HEADER")
    dataset.add_new(0x0019110C, "IS", 400)
    assert b_value(dataset) == 400


def test_the_public_attribute_wins() -> None:
    dataset = private("SIEMENS", 0x0019, "SIEMENS MR HEADER", 0x0C, "IS", 800)
    dataset.DiffusionBValue = 750.0
    assert b_value(dataset) == 750


def test_enhanced_frames_have_it_in_their_groups() -> None:
    diffusion = Dataset()
    diffusion.DiffusionBValue = 1000.0
    frame = Dataset()
    frame.MRDiffusionSequence = [diffusion]
    assert b_value(Dataset(), (frame,)) == 1000


def test_siemens_sequence_name_survives_anonymizers() -> None:
    dataset = Dataset()
    dataset.SequenceName = "*ep_b1000t"
    assert b_value(dataset) == 1000
    dataset.SequenceName = "*fl3d1"
    assert b_value(dataset) is None
