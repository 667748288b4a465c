"""Sequences found in mixed exports, whatever their layout; what is ambiguous or incomplete is said."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import Examination, examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from shared.errors import Code, MrfedError
from shared.sections.sequence import Sequence
from tests.exports import uid, write_dynamic, write_volume


@pytest.fixture
def examined(tmp_path: Path) -> Callable[..., Examination]:
    def run(**mapping: object) -> Examination:
        index = Index(tmp_path / "in", tmp_path / "index.sqlite")
        index.update()
        return examine(index.patient("P1"), Mapping.model_validate(mapping))

    return run


def loaded(examination: Examination, folder: Path) -> np.ndarray:
    return np.stack([pixels.load(phase, folder).voxels for phase in examination.dynamic().phases])


def _slice_major(one: FileDataset, phase: int, index: int) -> None:
    one.InstanceNumber = index * 3 + phase + 1
    one.AcquisitionTime = one.ContrastBolusStartTime = None
    one.TemporalPositionIdentifier = phase + 1


def _no_time(one: FileDataset, phase: int, index: int) -> None:
    one.AcquisitionTime = one.ContrastBolusStartTime = None


def _each_slice_its_own_time(one: FileDataset, phase: int, index: int) -> None:
    one.AcquisitionTime = f"10{phase:02d}{10 * index:02d}"


def _reversed_slices(one: FileDataset, phase: int, index: int) -> None:
    if phase == 1:
        one.InstanceNumber = 1000 - one.InstanceNumber


@pytest.mark.parametrize("one_series", [True, False])
@pytest.mark.parametrize(
    "change", [lambda *_: None, _slice_major, _no_time, _each_slice_its_own_time, _reversed_slices]
)
def test_phases_are_found_in_any_layout(
    tmp_path: Path, examined: Callable[..., Examination], one_series: bool, change: Callable[..., None]
) -> None:
    written = write_dynamic(tmp_path / "in", change=change, one_series=one_series)
    found = examined()
    np.testing.assert_array_equal(loaded(found, tmp_path / "in"), written)


def test_seconds_after_injection(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_dynamic(tmp_path / "in")
    assert examined().dynamic().timing.seconds == (-40, 20, 80)


def test_a_phase_without_all_its_slices_is_refused(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_dynamic(tmp_path / "in")
    (tmp_path / "in" / "1-0008.dcm").unlink()  # the last slice of the second phase: no gap in its grid
    with pytest.raises(MrfedError, match="phase 2 of 3 lacks 1 of 4 slices") as caught:
        examined().dynamic()
    assert caught.value.code is Code.DATA_INCONSISTENT


def test_a_missing_phase_is_missing_data(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_dynamic(tmp_path / "in", phases=1)
    with pytest.raises(MrfedError, match="at least two phases") as caught:
        examined().dynamic()
    assert caught.value.code is Code.DATA_MISSING


def test_one_file_twice_counts_once(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    written = write_dynamic(tmp_path / "in")
    (tmp_path / "in" / "again").mkdir()
    for path in list((tmp_path / "in").glob("*.dcm")):
        (tmp_path / "in" / "again" / path.name).write_bytes(path.read_bytes())
    np.testing.assert_array_equal(loaded(examined(), tmp_path / "in"), written)


def test_a_duplicate_under_another_identifier_is_refused(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_dynamic(tmp_path / "in")
    write_volume(tmp_path / "in", np.zeros((1, 6, 8)), [99], series="dynamic", AcquisitionTime="100000")
    with pytest.raises(MrfedError, match="has 3 images at most places but 4 at 10 mm"):
        examined().dynamic()


def test_two_people_under_one_identifier(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_dynamic(tmp_path / "in" / "a")
    write_dynamic(tmp_path / "in" / "b", series="other", PatientBirthDate="19700101")
    with pytest.raises(MrfedError, match="different birth dates") as caught:
        examined()
    assert "1970" not in caught.value.text


def test_two_names_under_one_identifier_are_worth_a_look(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    plain: dict[str, object] = {"PatientBirthDate": None, "PatientName": "Secret^Name"}
    write_dynamic(tmp_path / "in" / "a", **plain)
    write_volume(tmp_path / "in" / "b", np.ones((2, 6, 8)), series="x", **plain | {"PatientName": "SECRET^NAME "})
    assert not examined().notes
    write_volume(tmp_path / "in" / "c", np.ones((2, 6, 8)), series="y", **plain | {"PatientName": "Other^Name"})
    (note,) = examined().notes
    assert note == "2 names under one identifier; make sure that this is one person"


def test_two_breasts_of_a_sagittal_examination_keep_apart(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    sagittal = [0, 1, 0, 0, 0, -1]
    left = write_dynamic(tmp_path / "in" / "l", series="left", ImageOrientationPatient=sagittal)
    write_dynamic(
        tmp_path / "in" / "r", phases=2, series="right", number=2, ImageOrientationPatient=sagittal,
        change=lambda one, *_: setattr(
            one, "ImagePositionPatient", [float(one.ImagePositionPatient[0]) - 200, *one.ImagePositionPatient[1:]]
        ),
    )  # fmt: skip
    np.testing.assert_array_equal(loaded(examined(), tmp_path / "in"), left)


def test_of_two_dynamic_series_the_site_names_one(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    first = write_dynamic(tmp_path / "in" / "a", series="fast")
    write_dynamic(tmp_path / "in" / "b", series="slow", number=2, FlipAngle=15)
    with pytest.raises(MrfedError, match=r"two dynamic series .*fast.*slow"):
        examined().dynamic()
    found = examined(series=[{"description": "slow", "sequence": "ignore"}])
    np.testing.assert_array_equal(loaded(found, tmp_path / "in"), first)


def test_the_examination_before_treatment_is_the_earliest_or_the_one_named(
    tmp_path: Path, examined: Callable[..., Examination]
) -> None:
    write_dynamic(tmp_path / "in" / "a")
    write_dynamic(tmp_path / "in" / "b", series="later", StudyInstanceUID=uid("later"), StudyDate="20240501")
    found = examined()
    assert found.study_date == "20240108"
    assert "2 examinations; the earliest" in found.notes[0]
    named = examined(patients={"P1": {"study": "20240501"}})
    assert named.study == uid("later")
    with pytest.raises(MrfedError, match="0 examinations match 20200101"):
        examined(patients={"P1": {"study": "20200101"}})


SPIN_ECHO = {"RepetitionTime": 4000, "EchoTime": 90}


@pytest.mark.parametrize(
    ("elements", "sequence"),
    [
        ({"series": "t2_tse_tra"} | SPIN_ECHO, Sequence.T2),
        ({"series": "ax"} | SPIN_ECHO, Sequence.T2),
        ({"series": "ep2d_diff_ADC", "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}, Sequence.ADC),
        ({"series": "Apparent Diffusion Coefficient (mm2/s)"}, Sequence.ADC),
        ({"series": "exp. ADC"}, None),
        ({"series": "x", "ImageType": ["DERIVED", "PRIMARY", "DCE", "PE1"]}, Sequence.PE_MAP),
        ({"series": "x: SER"}, Sequence.SER_MAP),
        ({"series": "MAGiC T1_map"}, Sequence.T1_MAP),
        ({"series": "APTw"}, Sequence.APT),
        ({"series": "dyn SUB phase 2"}, None),
        ({"series": "MIP_dyn"}, None),
        ({"series": "localizer"}, None),
        ({"series": "dyn", "ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}, None),
        ({"series": "dyn", "ImageType": ["DERIVED", "PRIMARY", "F"]}, None),
        ({"series": "dyn", "ImageType": ["DERIVED", "PRIMARY", "W"]}, Sequence.DCE),
        ({"series": "dwi", "DiffusionBValue": 800.0} | SPIN_ECHO, Sequence.DWI),
        ({"series": "unknown", "RepetitionTime": 500}, None),
    ],
)
def test_a_series_by_its_tags(
    tmp_path: Path, examined: Callable[..., Examination], elements: dict[str, object], sequence: Sequence | None
) -> None:
    write_volume(tmp_path / "in", np.ones((2, 6, 8)), **elements)
    assert examined().sequences == (() if sequence is None else (sequence,))


def test_ge_writes_b_0_into_every_sequence(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_dynamic(tmp_path / "in", DiffusionBValue=0.0)
    assert examined().sequences == (Sequence.DCE,)


def test_the_mapping_wins_over_the_rules(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_volume(tmp_path / "in", np.ones((2, 6, 8)), series="Protokoll 7")
    found = examined(series=[{"description": "^protokoll 7$", "sequence": "t2"}])
    assert found.sequences == (Sequence.T2,)
    assert found.single(Sequence.T2).geometry.size == (8, 6, 2)


def _weighted(b_value: float) -> Callable[[FileDataset, int], None]:
    def change(one: FileDataset, index: int) -> None:
        one.DiffusionBValue = b_value

    return change


def test_b_values_in_one_series_or_in_many(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    for start, b_value in ((1, 0.0), (3, 800.0), (5, 800.0)):  # two directions of b = 800
        write_volume(
            tmp_path / "in", np.full((2, 6, 8), b_value + 1), range(start, start + 2), series="dwi",
            change=_weighted(b_value), **SPIN_ECHO,
        )  # fmt: skip
    write_volume(tmp_path / "in", np.ones((2, 6, 8)), series="dwi b50", number=2, change=_weighted(50.0), **SPIN_ECHO)
    found = examined().diffusion()
    assert found.b_values == (0, 50, 800)
    assert [len(repeats) for repeats in found.stacks] == [1, 1, 2]


def test_a_b_value_without_all_its_slices_is_refused(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write_volume(tmp_path / "in", np.ones((3, 6, 8)), series="dwi", change=_weighted(0.0), **SPIN_ECHO)
    write_volume(tmp_path / "in", np.ones((2, 6, 8)), [4, 5], series="dwi", change=_weighted(800.0), **SPIN_ECHO)
    with pytest.raises(MrfedError, match="b = 800 has 2 images at 2 of 3 places"):
        examined().diffusion()


@pytest.mark.parametrize("one_series", [True, False])
def test_phases_that_were_sent_twice_are_used_once(
    tmp_path: Path, examined: Callable[..., Examination], one_series: bool
) -> None:
    write_dynamic(tmp_path / "in" / "a", one_series=one_series)
    for path in sorted((tmp_path / "in" / "a").iterdir()):
        one = dcmread(path)
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = uid("sent again", one.SOPInstanceUID)
        one.SeriesInstanceUID, one.SeriesNumber = uid("sent again", one.SeriesInstanceUID), one.SeriesNumber + 10
        (tmp_path / "in" / "b").mkdir(exist_ok=True)
        one.save_as(tmp_path / "in" / "b" / path.name)
    found = examined().dynamic()
    assert found.timing.seconds == (-40, 20, 80)
    assert {frame.series_number for phase in found.phases for frame in phase.frames} <= {1, 2, 3}
    assert "3 dynamic phases are there twice" in found.notes[0]


def test_phases_that_nothing_tells_apart_are_not_taken_for_copies(
    tmp_path: Path, examined: Callable[..., Examination]
) -> None:
    def untimed(one: Dataset, phase: int, index: int) -> None:
        del one.AcquisitionTime, one.AcquisitionDate

    write_dynamic(tmp_path / "in", change=untimed, one_series=False)
    assert len(examined().dynamic().phases) == 3


@pytest.mark.parametrize("dated", [True, False])
def test_midnight_between_phases(tmp_path: Path, examined: Callable[..., Examination], dated: bool) -> None:
    def late(one: Dataset, phase: int, index: int) -> None:
        one.AcquisitionTime = ("235900", "000000", "000100")[phase]
        one.AcquisitionDate = "20240108" if phase == 0 else "20240109"
        one.ContrastBolusStartTime = "235910"
        if not dated:
            del one.AcquisitionDate

    written = write_dynamic(tmp_path / "in", change=late)
    found = examined().dynamic()
    assert found.timing.seconds == (20, 80, 140)
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")
    loaded = np.stack([pixels.load(phase, index.folder).voxels for phase in found.phases])
    np.testing.assert_array_equal(loaded, written)


@pytest.mark.parametrize("gone", ["scale", "mapping"])
def test_phases_on_different_scales_are_refused(
    tmp_path: Path, examined: Callable[..., Examination], gone: str
) -> None:
    def scaled(one: Dataset, phase: int, index: int) -> None:
        one.Manufacturer = "Philips"
        one.RescaleSlope, one.RescaleIntercept = 1 + phase, 0
        if gone == "mapping" and phase:
            block = one.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
            block.add_new(0x0E, "FL", 0.5)

    write_dynamic(tmp_path / "in", change=scaled)
    with pytest.raises(MrfedError, match="on different scales" if gone == "mapping" else "scaled for display"):
        examined().dynamic()


def test_the_day_of_the_series_where_no_other_is_stated(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    def undated(one: Dataset, phase: int, index: int) -> None:
        one.SeriesDate = "20240110"
        del one.AcquisitionDate

    write_dynamic(tmp_path / "in", change=undated, StudyDate="")
    assert examined().study_date == "20240110"
