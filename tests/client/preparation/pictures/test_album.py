"""The pictures of a prepared patient."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from client.preparation import record as kept
from client.preparation.paths import prepared_folder
from client.preparation.pictures import album
from client.preparation.prepare import prepare
from client.review.session import ReviewSession
from tests.small_hospital import study, tumour


@pytest.fixture
def first(hospital, asked):
    folder = prepared_folder(hospital, asked) / "patients"
    return next(path for path in sorted(folder.glob("*.json")) if kept.read(path).patient == "P1")


def test_an_album_shows_phases_maps_registration_and_regions(first, asked):
    record = album.index(album.path_of(first), kept.read(first).key)
    groups = [view["group"] for view in record["views"]]
    assert groups == ["registration"] * 2 + ["phases"] * 3 + ["maps", "regions"]
    assert [view["caption"] for view in record["views"]][2:5] == ["-40 s", "+20 s", "+80 s"]
    assert [entry["caption"] for entry in record["stacks"]] == ["after contrast, +20 s", "what contrast added"]
    assert record["plane"]["number"] == 2, "the first of the slices with most of the tumour"
    assert list(record["contours"]) == [region.name for region in asked.radiomics.regions]
    for name in [view["name"] for view in record["views"]] + [entry["name"] for entry in record["stacks"]]:
        image = Image.open(BytesIO(album.content_of(album.path_of(first), name)))
        assert np.asarray(image).std() > 0, name


def test_the_tumour_is_where_the_contour_says_and_enhances_there(first):
    record = album.index(album.path_of(first), kept.read(first).key)
    assert record["contours"]["tumour"].keys() == {"2", "3", "4", "5"}
    enhanced = next(entry for entry in record["stacks"] if entry["name"] == "enhancement.jpg")
    sheet = np.asarray(Image.open(BytesIO(album.content_of(album.path_of(first), "enhancement.jpg")))).astype(float)
    row, column = divmod(3, enhanced["across"])
    rows, columns = enhanced["rows"], enhanced["columns"]
    cut = sheet[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns]
    assert cut[tumour()[3]].mean() > 3 * cut[~tumour()[3]].mean() + 20


def test_pictures_of_other_files_or_settings_are_not_shown(first):
    assert album.index(album.path_of(first), "another key") is None
    assert album.index(first.with_name("nobody.zip"), "k") is None
    assert album.content_of(album.path_of(first), "../../keys/identity.key") is None
    assert not album.holds(album.path_of(first), "another key")


@pytest.mark.slow
def test_a_patient_without_pictures_is_prepared_again(hospital, asked, first):
    album.path_of(first).unlink()
    assert prepare(hospital, asked).reused == 2
    assert album.index(album.path_of(first), kept.read(first).key) is not None


@pytest.mark.slow
def test_the_same_images_give_the_same_bytes(hospital, asked, first):
    before = album.path_of(first).read_bytes()
    album.path_of(first).unlink()
    prepare(hospital, asked)
    assert album.path_of(first).read_bytes() == before


def test_quality_numbers_are_kept_with_the_patient(first):
    record = kept.read(first).findings
    assert record["tumour_ml"] == pytest.approx(0.64)
    assert 80 < record["enhancement"] < 180
    assert record["out_of_range.percent_enhancement"] == 0
    assert record["field_of_view_x_mm"] == 24
    assert record["signal_to_noise"] > 10


@pytest.mark.slow
def test_a_study_that_first_learns_its_scale_can_be_reviewed_before(prepared, tmp_path, asked):
    steps = [{"step": "register", "deformable": False}, {"step": "nyul"}]
    imaging = asked.imaging.model_dump(mode="json") | {"steps": steps}
    learning = study(imaging=imaging, radiomics=asked.radiomics.model_dump(mode="json"))
    site = prepared.model_copy(update={"workspace": tmp_path / "workspace"})
    prepare(site, learning)
    session = ReviewSession(site, learning, "Dr Lee", account="lee")
    shown = session.patient(session.patients()[0]["id"])
    assert [view["group"] for view in shown["album"]["views"]] == ["registration"] * 2 + ["phases"] * 3 + ["regions"]
    assert {"signal_to_noise", "enhancement"} <= {entry["name"] for entry in shown["numbers"]}
    assert prepare(site, learning).reused == 3
