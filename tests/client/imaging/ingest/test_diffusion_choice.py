"""Acquisitions of diffusion-weighted images are told apart, and never averaged without a word."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset

from client.imaging.ingest.examination import Examination, examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.patient_images import trace
from shared.errors import MrfedError
from tests.exports import write_volume

SPIN_ECHO = {"RepetitionTime": 4000, "EchoTime": 90}


@pytest.fixture
def examined(tmp_path: Path) -> Callable[..., Examination]:
    def run(**mapping: object) -> Examination:
        index = Index(tmp_path / "in", tmp_path / "index.sqlite")
        index.update()
        return examine(index.patient("P1"), Mapping.model_validate(mapping))

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., None]:
    def run(b_value: float | None, start: int = 1, value: int = 1, **elements: object) -> None:
        def change(one: FileDataset, index: int) -> None:
            if b_value is not None:
                one.DiffusionBValue = float(b_value)

        folder = tmp_path / "in" / str(elements.get("series", "dwi"))
        voxels = np.full((2, 6, 8), value)
        write_volume(
            folder, voxels, range(start, start + 2), change=change, **({"series": "dwi"} | SPIN_ECHO | elements)
        )

    return run


def both(write: Callable[..., None], **elements: object) -> None:
    write(0, **elements)
    write(800, 3, **elements)


@pytest.mark.parametrize("repeated", [[800], [0], [0, 800]])
def test_a_repeat_in_another_series_is_asked_about(
    write: Callable[..., None], examined: Callable[..., Examination], repeated: list[int]
) -> None:
    both(write)
    for place, b_value in enumerate(repeated):
        write(b_value, 1 + 2 * place, series="dwi repeat", number=2)
    with pytest.raises(MrfedError, match=r"b = \d+ was acquired in 2 series \(series 1 dwi, series 2 dwi repeat\)"):
        examined().diffusion()
    chosen = examined(series=[{"description": "repeat", "sequence": "ignore"}]).diffusion()
    assert [len(images) for images in chosen.stacks] == [1, 1]


@pytest.mark.parametrize(
    "elements",
    [
        {"InPlanePhaseEncodingDirection": "COL", "RectilinearPhaseEncodeReordering": "REVERSE_LINEAR"},
        {"InPlanePhaseEncodingDirection": "ROW"},
    ],
)
def test_images_encoded_from_the_other_side_are_left_out(
    write: Callable[..., None], examined: Callable[..., Examination], elements: dict[str, str]
) -> None:
    own = {"InPlanePhaseEncodingDirection": "COL", "RectilinearPhaseEncodeReordering": "LINEAR"}
    both(write, **own)
    write(0, series="dwi other side", number=2, **elements)
    found = examined().diffusion()
    assert [len(images) for images in found.stacks] == [1, 1]
    assert "series 2 dwi other side: diffusion-weighted images with other phase encoding are not used" in found.notes
    write(800, 3, series="dwi other side", number=2, **elements)
    with pytest.raises(MrfedError, match="two diffusion-weighted series with equally many b-values"):
        examined().diffusion()


def test_the_technician_wrote_the_side_down(write: Callable[..., None], examined: Callable[..., Examination]) -> None:
    both(write, series="ep2d_diff_AP")
    write(0, series="ep2d_diff_PA", number=2)
    assert [len(images) for images in examined().diffusion().stacks] == [1, 1]


def test_a_correction_scan_is_left_out(write: Callable[..., None], examined: Callable[..., Examination]) -> None:
    both(write)
    write(0, series="dwi topup", number=2)
    found = examined().diffusion()
    assert [len(images) for images in found.stacks] == [1, 1]
    assert "series 2 dwi topup corrects distortion and is not used" in found.notes


def test_traces_are_left_out_beside_their_directions(
    write: Callable[..., None], examined: Callable[..., Examination]
) -> None:
    both(write)
    both(write, series="dwi TRACEW", number=2, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"])
    found = examined().diffusion()
    assert {frame.series_number for images in found.stacks for one in images for frame in one.frames} == {1}
    assert "trace images are left out" in " ".join(found.notes)


def test_traces_alone_are_used(write: Callable[..., None], examined: Callable[..., Examination]) -> None:
    both(write, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"])
    assert examined().diffusion().b_values == (0, 800)


def test_what_is_averaged_is_said(write: Callable[..., None], examined: Callable[..., Examination]) -> None:
    both(write)
    write(800, 5)
    (note,) = examined().diffusion().notes
    assert "several diffusion-weighted images of one series (2 at b = 800)" in note


def test_a_repeat_in_the_same_series_with_another_gain(
    write: Callable[..., None], examined: Callable[..., Examination], tmp_path: Path
) -> None:
    write(0, value=1000)
    write(800, 3, value=400)
    write(800, 5, value=600, AcquisitionNumber=2)
    found = examined()
    stacks = found.diffusion().stacks[1]
    with pytest.raises(MrfedError, match=r"2 images at b = 800 differ in brightness by a factor of 1\.5"):
        trace(stacks, 800, tmp_path / "in", found.where)
    assert trace(stacks[:1], 800, tmp_path / "in", found.where).voxels.mean() == 400


def test_b_values_that_no_tag_states(write: Callable[..., None], examined: Callable[..., Examination]) -> None:
    write(None)
    write(800, 3)
    with pytest.raises(
        MrfedError, match=r"states none for 2 of its images: declare them in the mapping file \(b_values\)"
    ):
        examined().diffusion()
    assert examined(b_values=[{"description": "dwi", "values": [50, 800]}]).diffusion().b_values == (50, 800)
    with pytest.raises(MrfedError, match="declares 3 b-values"):
        examined(b_values=[{"description": "dwi", "values": [0, 50, 800]}])
    with pytest.raises(MrfedError, match=r"declares b = 0 \(b_values\) where the header of .* states 800"):
        examined(b_values=[{"description": "dwi", "values": [800, 0]}])


def test_none_states_any(write: Callable[..., None], examined: Callable[..., Examination]) -> None:
    write(None)
    write(None, 3)
    assert examined(b_values=[{"description": "dwi", "values": [0, 800]}]).diffusion().b_values == (0, 800)


@pytest.mark.parametrize("maker", ["TOSHIBA", "Canon Medical Systems"])
def test_toshiba_tags_no_b_0(write: Callable[..., None], examined: Callable[..., Examination], maker: str) -> None:
    write(None, Manufacturer=maker)
    write(800, 3, Manufacturer=maker)
    found = examined()
    assert found.diffusion().b_values == (0, 800)
    assert "2 images without a b-value are taken as b = 0" in " ".join(found.notes)


def test_canon_writes_them_as_a_comment(write: Callable[..., None], examined: Callable[..., Examination]) -> None:
    write(None, ImageComments="b=0")
    write(None, 3, ImageComments="b=1500(0.445,0.000,0.895)")
    found = examined().diffusion()
    assert found.b_values == (0, 1500)
    direction = found.stacks[1][0].frames[0].direction
    assert direction == pytest.approx((0.445, 0, 0.895), abs=1e-3)
