"""From exports to the feature table: phantom-like exports and bad ones."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from pydicom import dcmread

from client.imaging.ingest.index import Index
from client.preparation import patient
from client.preparation.paths import feature_table, prepared_folder
from client.preparation.prepare import prepare
from client.preparation.settings_hash import settings_hash
from client.site.site_file import Data, Site
from shared.errors import Code, MrfedError
from shared.sections.imaging import ImageName
from shared.study.study import Study
from simulations.cohort import write_exam
from simulations.patient import draw
from simulations.scenario import load as load_scenario
from tests.counted_work import count_work
from tests.exports import uid
from tests.small_hospital import study, write_mask, write_patient

pytestmark = pytest.mark.slow


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    for number in (1, 2, 3):
        write_patient(tmp_path / "in" / f"folder {number}", f"P{number}", seed=number)
    return tmp_path / "in"


@pytest.fixture
def site(tmp_path: Path, exports: Path) -> Site:
    return Site(name="here", data=Data(dicom=exports), workspace=tmp_path / "workspace")


def test_every_patient_gets_every_feature(site: Site) -> None:
    outcome = prepare(site, study())
    table = pd.read_parquet(outcome.table)
    assert table["patient"].tolist() == ["P1", "P2", "P3"]
    assert table["scanner"].unique().tolist() == ["ACME One 3 T"]
    assert not table["timing_assumed"].any()
    features = table.drop(columns=["patient", "scanner", "software", "examined", "timing_assumed"])
    assert np.isfinite(features).all(axis=None)
    # 320 voxels of 1 x 1 x 2 mm, resampled to 1 mm by nearest neighbour
    np.testing.assert_allclose(features["mask.tumour.original_shape_VoxelVolume"], 640)
    means = features["percent_enhancement.tumour.original_firstorder_Mean"]
    assert means.between(140, 160).all(), "enhanced by a factor of 2 to 3"
    assert pq.read_schema(outcome.table).metadata[b"mrfed.settings"].decode() == settings_hash(study())
    assert feature_table(site, study()) == outcome.table


def test_nothing_in_the_workspace_is_named_after_a_patient(site: Site) -> None:
    prepare(site, study())
    names = [path.name for path in site.workspace.rglob("*")]
    assert len(names) > 5
    assert not [name for name in names if "P1" in name or "Secret" in name]


def test_a_second_run_does_only_what_changed(site: Site, exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = count_work(monkeypatch)
    first = prepare(site, study())
    content = first.table.read_bytes()
    again = prepare(site, study())
    assert done == ["P1", "P2", "P3"]
    assert again.reused == 3
    assert again.table.read_bytes() == content, "same input, same bytes"
    path = exports / "folder 2" / "1-0001.dcm"
    path.touch()
    prepare(site, study())
    assert done == ["P1", "P2", "P3"], "touched, not changed"
    write_patient(exports / "folder 2", "P2", seed=9)
    prepare(site, study())
    assert done == ["P1", "P2", "P3", "P2"]
    prepare(site, study(radiomics={"preset": "ibsi", "log_sigma_mm": [2.0]}))
    assert done == ["P1", "P2", "P3", "P2", "P1", "P2", "P3"], "other settings, everybody"
    assert feature_table(site, study()) == first.table, "each setting keeps its own table"


class KilledError(Exception):
    """Stands for whatever ends a run."""


def test_killed_it_goes_on_where_it_was(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    done = count_work(monkeypatch)

    def kill(count: int, _: int) -> None:
        if count == 2:
            raise KilledError

    with pytest.raises(KilledError):
        prepare(site, study(), on_patient=kill)
    assert not list(site.workspace.rglob("*.partial"))
    seen: list[tuple[int, int]] = []
    outcome = prepare(site, study(), on_patient=lambda *count: seen.append(count))
    assert outcome.patients == 3
    assert sorted(done) == ["P1", "P2", "P3"]
    assert seen == [(2, 3), (3, 3)]


@pytest.mark.slow
def test_two_workers_find_the_same(site: Site, tmp_path: Path) -> None:
    alone = prepare(site, study()).table.read_bytes()
    elsewhere = site.model_copy(update={"workspace": tmp_path / "other"})
    assert prepare(elsewhere, study(), workers=2).table.read_bytes() == alone


def _remove_last_slice(folder: Path) -> None:
    (folder / "1-0016.dcm").unlink()


def _remove_mask(folder: Path) -> None:
    (folder / "mask.dcm").unlink()


def _empty_mask(folder: Path) -> None:
    inside = np.zeros((8, 20, 24), dtype=bool)
    inside[0, 0, 0] = True
    write_mask(folder, inside, "P2")
    one = dcmread(folder / "mask.dcm")
    one.PixelData = bytes(len(one.PixelData))
    one.save_as(folder / "mask.dcm")


def _mask_of_another_image(folder: Path) -> None:
    one = dcmread(folder / "mask.dcm")
    for frame in one.PerFrameFunctionalGroupsSequence:
        x, y, z = map(float, frame.PlanePositionSequence[0].ImagePositionPatient)
        frame.PlanePositionSequence[0].ImagePositionPatient = [x + 50, y, z]
    one.save_as(folder / "mask.dcm")


def _mask_in_another_frame_of_reference(folder: Path) -> None:
    one = dcmread(folder / "mask.dcm")
    one.FrameOfReferenceUID = uid("elsewhere")
    one.save_as(folder / "mask.dcm")


def _no_second_phase(folder: Path) -> None:
    for number in range(9, 25):
        (folder / f"1-{number:04d}.dcm").unlink()


def _truncate(folder: Path) -> None:
    path = folder / "1-0003.dcm"
    path.write_bytes(path.read_bytes()[:-30])


def _no_injection(folder: Path) -> None:
    for path in folder.glob("1-*.dcm"):
        one = dcmread(path)
        del one.ContrastBolusStartTime
        one.save_as(path)


def _compressed_nonsense(folder: Path) -> None:
    path = folder / "1-0003.dcm"
    one = dcmread(path)
    one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"  # JPEG baseline, which the pixels are not
    content = one.PixelData
    del one.PixelData
    one.save_as(path, enforce_file_format=False)
    with path.open("ab") as file:
        file.write(b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\x00\x00\x00\x00")
        file.write(b"\xfe\xff\x00\xe0" + len(content).to_bytes(4, "little") + content + b"\xfe\xff\xdd\xe0\0\0\0\0")


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (_remove_last_slice, Code.DATA_INCONSISTENT, "phase 2 of 3 lacks 1 of 8 slices"),
        (_remove_mask, Code.DATA_MISSING, "no mask of the tumour"),
        (_empty_mask, Code.DATA_INCONSISTENT, "the mask is empty"),
        (_mask_of_another_image, Code.DATA_INCONSISTENT, "voxels beyond the image"),
        (_mask_in_another_frame_of_reference, Code.DATA_INCONSISTENT, "another frame of reference"),
        (_no_second_phase, Code.DATA_MISSING, "at least two phases"),
        (_truncate, Code.DATA_INCONSISTENT, "lacks 1 of 8 slices"),
        (_no_injection, Code.DATA_MISSING, "declare timing in the mapping file"),
        (_compressed_nonsense, Code.DATA_UNREADABLE, "cannot be decoded"),
    ],
)
def test_one_bad_patient_is_named_and_never_stops_the_rest(
    site: Site,
    exports: Path,
    damage: Callable[[Path], None],
    code: Code,
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage(exports / "folder 2")
    with caplog.at_level(logging.WARNING):
        outcome = prepare(site, study())
    assert outcome.patients == 2
    (failure,) = outcome.failures.values()
    assert failure.code is code
    assert words in failure.text
    assert "patient P2" in failure.text
    assert "patient P2 is left out" in caplog.text
    assert pd.read_parquet(outcome.table)["patient"].tolist() == ["P1", "P3"]


def test_what_breaks_down_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real = patient._prepare

    def broken(task: patient.Task) -> object:
        if task.identifier == "P2":
            raise ZeroDivisionError("unforeseen")
        return real(task)

    monkeypatch.setattr(patient, "_prepare", broken)
    outcome = prepare(site, study())
    assert outcome.failures["P2"].code is Code.INTERNAL
    assert "ZeroDivisionError" in outcome.failures["P2"].text
    monkeypatch.setattr(patient, "_prepare", real)
    outcome = prepare(site, study())
    assert not outcome.failures
    assert outcome.reused == 2


def test_a_workspace_that_cannot_be_written(site: Site) -> None:
    prepare(site, study())
    folder = prepared_folder(site, study())
    shutil.rmtree(folder)
    folder.write_text("stands where the records should go")
    with pytest.raises(MrfedError, match=r"cannot be written .*; check free space and rights"):
        prepare(site, study())


@pytest.mark.processes
def test_a_full_disk_loses_nothing(site: Site, tmp_path: Path) -> None:
    """No file may grow beyond what the index has: records are larger."""
    assert site.data.dicom is not None
    (tmp_path / "site.json").write_text(site.model_dump_json())
    (tmp_path / "study.json").write_text(study().model_dump_json())
    Index(site.data.dicom, site.workspace / "index.sqlite").update()
    code = f"""
import resource, sys
from pathlib import Path
from client.preparation.prepare import prepare
from client.site.site_file import Site
from shared.errors import MrfedError
from shared.study.study import Study
here = Path({str(tmp_path)!r})
site = Site.model_validate_json((here / "site.json").read_text())
study = Study.model_validate_json((here / "study.json").read_text())
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    prepare(site, study)
except MrfedError as error:
    print(error.text)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    assert "File too large" in done.stdout or "disk I/O error" in done.stdout or "full" in done.stdout
    assert "check free space and rights" in done.stdout
    assert not list(site.workspace.rglob("*.json"))
    assert prepare(site, study()).patients == 3


def test_a_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "letter.txt").write_text("Dear colleague")
    site = Site(name="here", data=Data(dicom=tmp_path / "in"), workspace=tmp_path / "workspace")
    with pytest.raises(MrfedError, match="no MR images found") as caught:
        prepare(site, study())
    assert caught.value.code is Code.DATA_MISSING


def test_no_patient_left(site: Site, exports: Path) -> None:
    for mask in exports.rglob("mask.dcm"):
        mask.unlink()
    with pytest.raises(MrfedError, match="none of 3 patients"):
        prepare(site, study())


def test_declared_timing_is_marked(site: Site, exports: Path, tmp_path: Path) -> None:
    _no_injection(exports / "folder 2")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(yaml.safe_dump({"timing": {"injection_after_start_s": 70}}))
    here = site.model_copy(update={"data": site.data.model_copy(update={"mapping": mapping})})
    table = pd.read_parquet(prepare(here, study()).table).set_index("patient")
    assert table["timing_assumed"].to_dict() == {"P1": False, "P2": True, "P3": False}


STEPS = [
    {"step": "breast_mask"},
    {"step": "n4", "shrink": 2},
    {"step": "register", "deformable": False},
    {"step": "resample", "spacing_mm": [1, 1, 1]},
    {"step": "zscore"},
]


def with_steps(*steps: dict[str, object]) -> Study:
    imaging = {"sequences": ["dce"], "phases": {"early_s": 60, "late_s": 200}, "steps": list(steps)}
    return study(imaging=imaging)


def test_every_step_in_the_order_of_the_study(tmp_path: Path) -> None:
    """A simulated patient, registered, corrected and normalized; maps are computed of the signals all the same."""
    scenario = load_scenario("demo")
    hospital = scenario.hospitals[0]
    write_exam(draw(scenario.effects, hospital, seed=1, index=2), hospital, seed=1, out=tmp_path / "in")
    site = Site(name="here", data=Data(dicom=tmp_path / "in"), workspace=tmp_path / "workspace")
    outcome = prepare(site, with_steps(*STEPS))
    row, plain = (pd.read_parquet(one.table).iloc[0] for one in (outcome, prepare(site, with_steps(STEPS[-2]))))
    assert plain["early.tumour.original_firstorder_Mean"] > 100, "arbitrary units"
    assert 1 < row["early.tumour.original_firstorder_Mean"] < 8, "standard deviations over the mean of the breast"
    enhancement = "percent_enhancement.tumour.original_firstorder_Mean"
    assert row[enhancement] == pytest.approx(plain[enhancement], rel=0.1)


def test_one_standard_histogram_for_all_sites(site: Site, tmp_path: Path) -> None:
    """A second site whose scanner has four times the gain ends on the same scale; only sums of landmarks are shared."""
    asked = with_steps({"step": "nyul"})
    for path in (tmp_path / "in").rglob("1-*.dcm"):
        target = tmp_path / "elsewhere" / path.relative_to(tmp_path / "in")
        target.parent.mkdir(parents=True, exist_ok=True)
        one = dcmread(path)
        one.PixelData = (one.pixel_array * 4).tobytes()
        one.save_as(target)
        shutil.copy(path.parent / "mask.dcm", target.parent)
    there = Site(name="there", data=Data(dicom=tmp_path / "elsewhere"), workspace=tmp_path / "their workspace")
    ours, theirs = (
        pd.read_parquet(prepare(hospital, asked).table).filter(like="landmark.early.") for hospital in (site, there)
    )
    assert ours.shape == (3, 11)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    standards = {ImageName.EARLY: tuple(pd.concat([ours, theirs]).mean())}
    tables = [pd.read_parquet(prepare(hospital, asked, standards=standards).table) for hospital in (site, there)]
    column = "early.tumour.original_firstorder_Mean"
    np.testing.assert_allclose(tables[0][column], tables[1][column], rtol=1e-4)
    assert feature_table(site, asked, standards).parent != prepared_folder(site, asked)


@pytest.mark.processes
def test_an_existing_ray_cluster_finds_the_same(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exports: Path
) -> None:
    """The cluster is there before; patients are its tasks, one bad one stops nobody, and the table is the same."""
    ray = pytest.importorskip("ray")
    (exports / "folder 2" / "mask.dcm").unlink()
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    alone = prepare(site, study())
    elsewhere = site.model_copy(update={"workspace": tmp_path / "other"})
    context = ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        monkeypatch.setenv("RAY_ADDRESS", context.address_info["address"])
        computed = prepare(elsewhere, study(), workers=2, backend="ray")
        again = prepare(elsewhere, study(), workers=2, backend="ray")
    finally:
        ray.shutdown()
    assert computed.table.read_bytes() == alone.table.read_bytes()
    assert set(computed.failures) == {"P2"}
    assert again.reused == 3
