"""The real patient of UCSF, from her DICOM to volumes, features and pictures."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import load as load_mapping
from client.preparation.prepare import Outcome, prepare
from client.quality.check import check
from client.review.session import ReviewSession
from client.site.site_file import Data, Site
from shared.sections.sequence import Sequence
from shared.study.study import Study
from tests.small_hospital import study

pytestmark = pytest.mark.real
UCSF = "UCSF-BR-06"


@pytest.fixture(scope="module")
def ucsf(real_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("ucsf")
    with tarfile.open(real_data("breast_dce_ucsf") / f"dicom_{UCSF}.tar.gz") as archive:
        archive.extractall(folder / "in", filter="data")
    # The DICOM has ContentTime alone: seconds as UCSF states them in its own elements. The SEG is the breast
    # tissue inside the volume of interest.
    mapping = {
        "timing": {"seconds_after_injection": [-230, 177, 531]},
        "masks": [{"label": "^Breast$", "role": "voi"}],
        "units": {"pe_map": "%", "ser_map": "1"},
    }
    (folder / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    data = Data(dicom=folder / "in", mapping=folder / "mapping.yaml")
    return Site(name="ucsf", data=data, workspace=folder / "workspace")


@pytest.fixture(scope="module")
def ucsf_study(real_data: Callable[[str], Path]) -> Study:
    expected = json.loads((real_data("breast_dce_ucsf") / "expected.json").read_text())[UCSF]
    phases = {"early_s": 177, "late_s": 531}
    functional = {
        "name": "functional_tumour_volume",
        "minimum_signal": expected["pre_contrast_threshold"],
        "minimum_enhancement_percent": expected["pe_threshold_percent"],
    }
    return study(
        imaging={"sequences": ["dce", "pe_map", "ser_map"], "phases": phases, "tumour": "functional"},
        maps=[
            {"name": "percent_enhancement"} | phases,
            functional | phases,
            {"name": "vendor_map", "quantity": "pe_map"},
            {"name": "vendor_map", "quantity": "ser_map"},
        ],
        radiomics={"preset": "ramtohul2023"},
    )


@pytest.fixture(scope="module")
def ucsf_outcome(ucsf: Site, ucsf_study: Study) -> Outcome:
    return prepare(ucsf, ucsf_study)


def test_functional_tumour_volume_of_the_real_patient(ucsf_outcome: Outcome, real_data: Callable[[str], Path]) -> None:
    expected = json.loads((real_data("breast_dce_ucsf") / "expected.json").read_text())[UCSF]
    table = pd.read_parquet(ucsf_outcome.table)
    voxel_ml = float(np.prod(expected["spacing"])) / 1000
    voxels = table["scalar.patient.functional_tumour_volume"].item() / voxel_ml
    assert abs(voxels - expected["expected_ftv_voxels"]) <= 10  # 41105 by UCSF


def test_features_of_the_real_patient(ucsf_outcome: Outcome) -> None:
    row = pd.read_parquet(ucsf_outcome.table).iloc[0]
    assert row["patient"] == UCSF
    assert row["scanner"] == "GE MEDICAL SYSTEMS GENESIS_SIGNA 1.5 T"
    assert row["timing_assumed"]
    numbers = row.drop(["patient", "scanner", "software", "examined", "timing_assumed"]).astype(float)
    assert {name.split(".")[0] for name in numbers.index} == {
        "early", "percent_enhancement", "vendor_pe", "vendor_ser", "mask", "scalar",
    }  # fmt: skip
    assert np.isfinite(numbers).all()


def test_the_review_shows_the_real_patient(ucsf: Site, ucsf_study: Study, ucsf_outcome: Outcome) -> None:
    assert ucsf_outcome.patients == 1
    session = ReviewSession(ucsf, ucsf_study, "Dr Lee", account="lee")
    (listed,) = session.patients()
    shown = session.patient(listed["id"])
    assert shown is not None
    album = shown["album"]
    assert album["letters"] == {"left": "A", "right": "P", "top": "S", "bottom": "I"}, "sagittal slices"
    assert [view["caption"] for view in album["views"] if view["group"] == "phases"] == ["-230 s", "+177 s", "+531 s"]
    maps = [view["caption"] for view in album["views"] if view["group"] == "maps"]
    assert maps == ["percent enhancement", "vendor pe", "vendor ser"]
    assert album["stacks"][0]["slices"] == 60
    numbers = {entry["name"]: entry["value"] for entry in shown["numbers"]}
    assert numbers["tumour_voxels"] == pytest.approx(41105, abs=10)  # by UCSF
    assert numbers["enhancement"] > 70  # what its functional tumour volume asks of every voxel
    assert numbers["out_of_range.percent_enhancement"] < 0.01


def test_vendor_maps_of_the_real_patient(ucsf: Site) -> None:
    assert ucsf.data.dicom is not None
    assert ucsf.data.mapping is not None
    index = Index(ucsf.data.dicom, ucsf.workspace / "again.sqlite")
    index.update()
    computed = examine(index.patient(UCSF), load_mapping(ucsf.data.mapping))
    assert computed.sequences == (Sequence.DCE, Sequence.PE_MAP, Sequence.SER_MAP)
    dynamic = computed.dynamic()
    assert len(dynamic.phases) == 3
    assert dynamic.phases[0].geometry.size == (256, 256, 60)
    before, early, late = (pixels.load(phase, index.folder).voxels for phase in dynamic.phases)
    enhancement = pixels.load(computed.single(Sequence.PE_MAP), index.folder).voxels
    ratio = pixels.load(computed.single(Sequence.SER_MAP), index.folder).voxels
    # the vendor's maps are whole numbers and thousandths, zero outside what it took for tumour, SER cut at 3
    inside = (enhancement > 0) & (before > 0)
    assert inside.sum() > 40_000
    s0, s1 = before[inside], early[inside]
    assert np.abs(100 * (s1 - s0) / s0 - enhancement[inside]).max() < 1
    inside = (ratio > 0) & (late > before)
    assert inside.sum() > 40_000
    ours = (early - before)[inside] / (late - before)[inside]
    assert np.abs(np.minimum(ours, 3) - ratio[inside]).max() < 0.001


def test_check_says_which_breast_and_which_time_point(ucsf: Site, ucsf_study: Study) -> None:
    (computed,) = check(ucsf, ucsf_study).patients
    assert (computed.breast, computed.timepoint) == ("left", "T1"), "as its headers have it; T1 is this trial's first"
    assert computed.problems == []
    assert computed.mask_ml is not None
