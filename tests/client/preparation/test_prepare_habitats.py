"""Voxels first, habitats after: the second pass of `prepare`."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.imaging.ingest import patient_images
from client.preparation import patient as prepare_patient
from client.preparation import voxel_file
from client.preparation.paths import habitat_tables, kept_images
from client.preparation.paths import voxel_file as voxel_path
from client.preparation.prepare import prepare, prepare_habitats
from client.review.session import ReviewSession
from client.site.pseudonym import Pseudonyms
from client.site.site_file import Data, Site
from shared.clustering import clusterings
from shared.errors import Code, MrfedError
from shared.study.study import Study
from tests.counted_work import count_work
from tests.habitat_study import habitat_study
from tests.small_hospital import tumour, write_patient

pytestmark = pytest.mark.slow

VOXELS = int(tumour().sum())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    for number in (1, 2, 3):
        write_patient(tmp_path / "in" / f"folder {number}", f"P{number}", seed=number)
    return Site(name="here", data=Data(dicom=tmp_path / "in"), workspace=tmp_path / "workspace")


def found_alone(site: Site, study: Study, *left_out: bool) -> tuple[clusterings.Clusters, ...]:
    """Clusters of this site's voxels; where it is left out, of those of its first patient."""
    assert study.radiomics is not None
    assert study.radiomics.habitats is not None
    every = voxel_file.read_all(voxel_path(site, study), ["P1", "P2", "P3"])
    one = voxel_file.read_all(voxel_path(site, study), ["P1"])
    collected = []
    for out in left_out:
        voxels = (one if out else every).vectors, (one if out else every).weights
        moments = clusterings.moments(voxels, [True])
        cells = clusterings.cells(voxels, [True], moments)
        told: list[dict[str, np.ndarray]] = []
        for _ in range(4):
            search = clusterings.searches(study.radiomics.habitats, moments, cells, told)
            told.append(clusterings.rounds(voxels, [True], search))
        collected += clusterings.conclude(clusterings.searches(study.radiomics.habitats, moments, cells, told))
    return tuple(collected)


def test_voxels_lie_beside_the_features(site: Site) -> None:
    study = habitat_study()
    outcome = prepare(site, study)
    voxels = voxel_file.read_all(voxel_path(site, study), ["P1", "P3", "nobody"])
    assert voxels.patients == 2
    assert voxels.vectors.shape == (2 * VOXELS, 2)
    np.testing.assert_allclose(voxels.weights, 1 / VOXELS)
    table = pd.read_parquet(outcome.table)
    means = [voxels.vectors[voxels.patient == one, 0].mean() for one in (0, 1)]
    expected = table.set_index("patient").loc[["P1", "P3"], "wash_in.tumour.original_firstorder_Mean"]
    np.testing.assert_allclose(means, expected, rtol=0.05)  # features are of the map at 1 mm, cut voxels at its edge
    assert not [name for name in table if "habitat" in name]


def test_the_review_shows_the_habitats_once_they_are_found(site: Site) -> None:
    study = habitat_study()
    prepare(site, study)
    session = ReviewSession(site, study, "Dr Lee", account="lee")
    (first, *_) = [patient["id"] for patient in session.patients()]
    before = session.patient(first)
    assert before is not None
    assert list(before["album"]["contours"]) == ["tumour"]
    prepare_habitats(site, study, found_alone(site, study, False))
    after = session.patient(first)
    assert after is not None
    assert list(after["album"]["contours"]) == ["tumour", "habitat_1", "habitat_2"]
    assert "habitats.png" in [view["name"] for view in after["album"]["views"]]
    assert session.picture(first, "habitats.png") != session.picture(first, "regions.png")
    assert len(session.patients()) == 3, "a patient has a record for her habitats too, and is one patient"


def test_each_clustering_has_its_table(site: Site) -> None:
    study = habitat_study()
    base = pd.read_parquet(prepare(site, study).table)
    computed = found_alone(site, study, False, True)
    tables = [pd.read_parquet(path) for path in prepare_habitats(site, study, computed)]
    assert len(tables) == 2
    for table in tables:
        pd.testing.assert_frame_equal(table[base.columns], base)
        fractions = table[[f"habitats.tumour.original_habitats_Fraction{number}" for number in (1, 2)]]
        np.testing.assert_allclose(fractions.sum(axis=1), 1)
        slow, fast = (table[f"wash_in.habitat_{number}.original_firstorder_Mean"] for number in (1, 2))
        assert (slow < fast).all(), "numbered by mean wash-in"
    assert list(tables[0]) == list(tables[1])
    assert not tables[0].equals(tables[1]), "another clustering, other habitats"
    assert "mask.habitat_1.original_shape_MeshVolume" not in tables[0], "first-order only"
    inside = [name for name in tables[0] if ".habitat_1." in name]
    assert len(inside) == 3 * 20, "one image and two maps"


def test_labels_are_those_of_the_voxels(site: Site) -> None:
    study = habitat_study()
    prepare(site, study)
    (computed,) = found_alone(site, study, False)
    table = pd.read_parquet(prepare_habitats(site, study, (computed,))[0]).set_index("patient")
    for patient in ("P1", "P2", "P3"):
        own = voxel_file.read_all(voxel_path(site, study), [patient])
        labels = computed.label(own.vectors)
        for number in (1, 2):
            share = table.loc[patient, f"habitats.tumour.original_habitats_Fraction{number}"]
            assert share == pytest.approx((labels == number).mean())


def test_all_classes_where_none_are_named(site: Site) -> None:
    study = habitat_study(feature_classes=None)
    prepare(site, study)
    table = pd.read_parquet(prepare_habitats(site, study, found_alone(site, study, False))[0])
    assert "mask.habitat_2.original_shape_MeshVolume" in table
    assert "washout.habitat_1.original_glcm_Contrast" in table


def test_fractions_alone_where_no_class_is_named(site: Site) -> None:
    study = habitat_study(feature_classes=[])
    base = pd.read_parquet(prepare(site, study).table)
    table = pd.read_parquet(prepare_habitats(site, study, found_alone(site, study, False))[0])
    assert [name.rsplit("_", 1)[1] for name in table if name not in base] == ["Fraction1", "Fraction2", "Contact12"]


def test_what_was_done_is_not_done_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    study, done = habitat_study(), count_work(monkeypatch)
    prepare(site, study)
    computed = found_alone(site, study, False)
    first = [path.read_bytes() for path in prepare_habitats(site, study, computed)]
    assert done == ["P1", "P2", "P3"] * 2, "voxels, then habitats"
    prepare_habitats(site, study, computed)
    assert len(done) == 6
    for path in habitat_tables(site, study, computed):
        path.unlink()
    again = [path.read_bytes() for path in prepare_habitats(site, study, computed)]
    assert len(done) == 6, "the patients' records are there"
    assert again == first, "same input, same bytes"
    record = next(iter(voxel_path(site, study).parent.glob("patients/*.npz")))
    record.unlink()
    prepare(site, study)
    assert len(done) == 7, "voxels that were lost are made again"


def test_the_second_pass_reads_no_image_again_and_gives_the_same(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = habitat_study()
    apart = site.model_copy(update={"workspace": tmp_path / "apart", "kept_images_gb": 0.0})
    Pseudonyms(site.workspace)
    apart.workspace.mkdir()
    shutil.copy(site.workspace / "pseudonyms.key", apart.workspace)
    for hospital in (site, apart):
        prepare(hospital, study)
    computed = found_alone(site, study, False, True)
    assert len(list(kept_images(site).folder.iterdir())) == 3
    again = [path.read_bytes() for path in prepare_habitats(apart, study, computed)]
    monkeypatch.setattr(patient_images, "gather", lambda *_, **__: pytest.fail("reads images again"))
    assert [path.read_bytes() for path in prepare_habitats(site, study, computed)] == again
    assert list(kept_images(site).folder.iterdir()) == [], "what was used is let go of"
    first, second = (
        {path.name: path.read_bytes() for path in hospital.workspace.glob("prepared/*/habitats/*/pictures/*.zip")}
        for hospital in (site, apart)
    )
    assert len(first) == 3
    assert first == second, "the same pictures"


def test_a_patient_who_breaks_down_in_the_second_pass_has_no_habitats(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = habitat_study()
    prepare(site, study)
    computed, real = found_alone(site, study, False), prepare_patient._prepare

    def broken(task: prepare_patient.Task) -> object:
        if task.identifier == "P2":
            raise MemoryError
        return real(task)

    monkeypatch.setattr(prepare_patient, "_prepare", broken)
    table = pd.read_parquet(prepare_habitats(site, study, computed)[0]).set_index("patient")
    names = [name for name in table if "habitat" in name]
    assert table.loc["P2", names].isna().all()
    assert table.loc[["P1", "P3"], names].notna().all(axis=None)


def test_maps_without_any_value_are_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    study = habitat_study()
    prepare(site, study)
    with pytest.raises(MrfedError, match="no patient of the study has a voxel") as caught:
        voxel_file.read_all(voxel_path(site, study), ["nobody"])
    assert caught.value.code is Code.TOO_FEW_PATIENTS
    monkeypatch.setattr(voxel_file, "read", lambda *_: None)
    with pytest.raises(MrfedError, match="no patient has a voxel with a value in every map"):
        prepare(site, study)
