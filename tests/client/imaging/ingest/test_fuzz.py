"""Damaged files of every kind: read, or refused with a reason; never an exception, never without end."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import RLELossless

from tests.client.imaging.ingest.contours import contour, written
from tests.client.imaging.ingest.fuzzing import damaged, exercise
from tests.client.imaging.ingest.headers import enhanced, image, saved
from tests.small_hospital import write_patient

FUZZ = settings(
    deadline=None, max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A readable file of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    write_patient(folder, "P1")
    square = contour([5, 15, 15, 5], [5, 5, 15, 15], 3)
    compressed = image(BitsStored=16)
    compressed.compress(RLELossless, generate_instance_uid=False)
    weighted = image(DiffusionBValue=800.0, RepetitionTime=4000, EchoTime=90)
    weighted.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "800")
    return {
        "classic": saved(image(AcquisitionTime="100000", AcquisitionDate="20240108")),
        "weighted": saved(weighted),
        "compressed": saved(compressed),
        "enhanced": saved(enhanced()),
        "segmentation": (folder / "mask.dcm").read_bytes(),
        "structure set": written(folder / "structures.dcm", [square]).read_bytes(),
    }


@pytest.mark.parametrize("kind", ["classic", "weighted", "compressed", "enhanced", "segmentation", "structure set"])
@FUZZ
@given(st.data())
@pytest.mark.slow
def test_a_damaged_file(kind: str, whole: dict[str, bytes], tmp_path: Path, data: st.DataObject) -> None:
    exercise(data.draw(damaged(whole[kind])), tmp_path)


def test_what_is_damaged_was_whole(whole: dict[str, bytes], tmp_path: Path) -> None:
    for kind, content in whole.items():
        reading = exercise(content, tmp_path)
        assert reading.frames or reading.mask, kind
        assert reading.patient == "P1"


@pytest.fixture(scope="module")
def real_files(real_data: Callable[[str], Path]) -> list[bytes]:
    """The first file of each real series, and the real SEG."""
    found: dict[str, bytes] = {}
    with tarfile.open(real_data("breast_dce_ucsf") / "dicom_UCSF-BR-06.tar.gz") as archive:
        for member in archive:
            if member.isfile() and (folder := Path(member.name).parent.name) not in found:
                file = archive.extractfile(member)
                assert file is not None
                found[folder] = file.read()
    return [content for content in found.values() if content[128:132] == b"DICM"]


@pytest.mark.real
@FUZZ
@given(st.data())
def test_a_damaged_real_file(real_files: list[bytes], tmp_path: Path, data: st.DataObject) -> None:
    exercise(data.draw(damaged(data.draw(st.sampled_from(real_files)))), tmp_path)
