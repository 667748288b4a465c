"""A study whose images meet on one standard histogram: learned from masked sums, equal to that of all patients."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from pydicom import dcmread

from client.approval import approval
from client.exchange import background
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.network import NetworkTraining
from client.networks import apply, cohort
from client.preparation.paths import feature_path
from client.site.site_file import Columns, Data, Site
from shared.errors import Code, MrfedError
from shared.results import bundle
from shared.sections.imaging import ImageName
from shared.sections.selection import Univariate
from shared.step import Step
from shared.study.plan import LeftOutSite, Nobody
from shared.study.study import Study
from simulations.simulate import simulate
from tests.pooled_standard import pooled
from tests.small_hospital import study, write_patient

pytestmark = pytest.mark.slow
PATIENTS = 6
GAINS = {"a": 1.0, "b": 2.5, "c": 0.6}
SCANNERS = {"a": "One", "b": "Two", "c": "Three"}


def asked(leave_one_site_out: bool = True) -> Study:
    """Features of the early phase on the standard histogram; each site left out once, or none."""
    imaging = {"sequences": ["dce"], "phases": {"early_s": 60, "late_s": 200}, "steps": [{"step": "nyul"}]}
    plain = study(imaging=imaging, maps=[])
    return plain.model_copy(
        update={
            "evaluation": plain.evaluation.model_copy(update={"folds": 2, "leave_one_site_out": leave_one_site_out}),
            "privacy": plain.privacy.model_copy(update={"minimum_patients": 1}),
            "federation": plain.federation.model_copy(update={"quorum": 3}),
            "harmonization": plain.harmonization.model_copy(update={"own_patients": 2}),
            "selection": Univariate(keep=2),
        }
    )


def network() -> Study:
    """A network on the early phase as it is once all are on one standard."""
    content = asked().model_dump(mode="json")
    for section in ("radiomics", "maps", "selection", "stability"):
        content.pop(section, None)
    content["imaging"]["images"] = ["early"]
    content["harmonization"] = {"method": "none", "left_out_site": "raw"}
    content["network"] = {
        "input": {"channels": ["early"], "size": [16, 16], "intensity": "raw"},
        "architecture": {"name": "small_cnn", "width": 8},
        "training": {"rounds": 2, "learning_rate": 0.01},
        "explain": True,
    }
    return Study.model_validate(content)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hospitals whose scanners differ in gain."""
    folder = tmp_path_factory.mktemp("exports")
    for number, (name, gain) in enumerate(GAINS.items()):
        patients = [f"{name}{one}" for one in range(PATIENTS)]
        for one, patient in enumerate(patients):
            write_patient(folder / name / "dicom" / f"{one}", patient, seed=100 * number + one)
        for path in (folder / name).rglob("1-*.dcm"):
            image = dcmread(path)
            image.PixelData = (image.pixel_array * gain).astype(np.uint16).tobytes()
            image.ManufacturerModelName = SCANNERS[name]
            image.save_as(path)
        ihc = ["0", "1+"] * (PATIENTS // 2)
        pd.DataFrame({"patient": patients, "ihc": ihc, "ish": ""}).to_csv(folder / name / "c.csv", index=False)
    return folder


def hospitals(exports: Path, workspaces: Path) -> list[Site]:
    return [
        Site(
            name=name,
            data=Data(dicom=exports / name / "dicom", clinical=exports / name / "c.csv"),
            columns=Columns(ihc="ihc", ish="ish"),
            workspace=workspaces / name,
            workers=1,
        )
        for name in GAINS
    ]


def run_of(site: Site, digest: str) -> Run:
    approved = approval.latest(site.workspace, digest)
    assert approved is not None
    return Run(site, approved, "simulation")


def test_the_standard_is_that_of_all_patients_and_every_fit_has_its_own(exports: Path, tmp_path: Path) -> None:
    sites, wanted = hospitals(exports, tmp_path), asked()
    result = simulate(wanted, sites, tmp_path / "out")
    assert [one.step for one in result.exchanges][:3] == ["enroll", "normalize", "inventory"]
    runs = [run_of(site, wanted.digest) for site in sites]
    for omission, left_out in enumerate((None, *GAINS)):
        expected = pooled(exports, [name for name in GAINS if name != left_out], tmp_path)
        for run in runs:
            np.testing.assert_allclose(run.standards[omission][ImageName.EARLY], expected, rtol=1e-6, atol=1e-6)
        assert all(run.standards[omission] == runs[0].standards[omission] for run in runs), "to the last bit"
        fit = [fit.left_out for fit in runs[0].fits].index(Nobody() if left_out is None else LeftOutSite(left_out))
        columns = list(runs[0].table.features)
        tables = [
            pd.read_parquet(feature_path(run.site, wanted, run.standards[omission]))[columns]
            for run in runs
            if run.site.name != left_out
        ]
        told = runs[0].told(Step.HARMONIZE)["sum_x"][fit]
        np.testing.assert_allclose(told, sum(one.sum().to_numpy() for one in tables), rtol=1e-9, atol=1e-12)
        if left_out is None:
            means = [one["early.tumour.original_firstorder_Median"].mean() for one in tables]
            assert max(means) < 1.2 * min(means), "gains differ by a factor of four, features do not"
    own = runs[1]
    index = [fit.left_out for fit in own.fits].index(LeftOutSite(own.site.name))
    np.testing.assert_array_equal(own.part(Harmonized).cohort_of(own.fits[index]).x, own.table.variants[2])
    assert not np.array_equal(own.table.variants[0], own.table.variants[2])


def test_a_network_sees_crops_on_the_standard_of_whom_its_fit_trains_with(exports: Path, tmp_path: Path) -> None:
    sites, wanted = hospitals(exports, tmp_path), network()
    result = simulate(wanted, sites, tmp_path / "out")
    assert [one.step for one in result.exchanges][:4] == ["enroll", "normalize", "inventory", "training-weights"]
    runs = [run_of(site, wanted.digest) for site in sites]
    assert result.standards == runs[0].standards[0]
    everyone = [run.part(NetworkTraining).examples[0] for run in runs]
    brightness = [float(one.images[one.inside[:, np.newaxis]].mean()) for one in everyone if one.inside is not None]
    assert max(brightness) < 1.2 * min(brightness), "gains differ by a factor of four, crops do not"
    own = runs[1]
    fit = [fit.left_out for fit in own.fits].index(LeftOutSite(own.site.name))
    seen = own.part(NetworkTraining).examples[fit].images
    assert not np.array_equal(seen, everyone[1].images), "nothing of a left-out site has a say in its own judgement"
    apart = cohort.load(own.site, wanted, own.table, own.standards[2])
    np.testing.assert_array_equal(seen, apart.images)
    assert bundle.of_result(result).standards == runs[0].standards[0]
    members = bundle.beside(tmp_path / "out" / "journal")
    found = apply.logits(own.site, bundle.of_result(result), own.table, members)
    alone = torch.jit.load(io.BytesIO(members["network.pt"]))  # type: ignore[no-untyped-call]
    with torch.no_grad():
        np.testing.assert_allclose(found, alone(everyone[1].images, everyone[1].variables).numpy(), atol=1e-5)


def test_sums_over_too_few_patients_stay(exports: Path, tmp_path: Path) -> None:
    sites, plain = hospitals(exports, tmp_path), asked()
    strict = plain.model_copy(update={"privacy": plain.privacy.model_copy(update={"minimum_patients": PATIENTS + 1})})
    with pytest.raises(MrfedError) as caught:
        simulate(strict, sites, tmp_path / "out")
    assert caught.value.code is Code.TOO_FEW_PATIENTS
    assert "normalize" in caught.value.text


@pytest.mark.processes
def test_a_site_that_still_prepares_is_asked_again_and_loses_nothing(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer waits at all here: each site says that it prepares, and works on in a process of its own."""
    monkeypatch.setattr(background, "LONGEST_WAIT_S", 0.0)
    sites, wanted = hospitals(exports, tmp_path / "waiting"), asked(leave_one_site_out=False)
    with background.in_background():
        result = simulate(wanted, sites, tmp_path / "out")
    for site in sites:
        said = (site.workspace / "audit.jsonl").read_text()
        assert said.count(Code.PREPARING) >= 2, "for histograms, and for features"
    at_once = hospitals(exports, tmp_path / "at once")
    expected = simulate(wanted, at_once, tmp_path / "out at once")
    assert [one.step for one in result.exchanges] == [one.step for one in expected.exchanges]
    for ours, theirs in zip(sites, at_once, strict=True):
        one, other = (run_of(site, wanted.digest).table for site in (ours, theirs))
        np.testing.assert_array_equal(one.x, other.x)


@pytest.mark.processes
def test_an_ended_preparation_goes_on_where_it_was(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites, wanted = hospitals(exports, tmp_path), asked(leave_one_site_out=False)
    simulate(wanted, sites, tmp_path / "out")  # leaves everything that a run needs on the disk
    run = run_of(sites[0], wanted.digest)
    begun: list[subprocess.Popen[bytes]] = []
    begin = background._begin

    def noted(job: background.Job, folder: Path) -> None:
        process = begin(job, folder)
        if process is not None:
            begun.append(process)

    monkeypatch.setattr(background, "_begin", noted)
    monkeypatch.setattr(background, "LONGEST_WAIT_S", 0.0)
    with background.in_background():
        with pytest.raises(MrfedError, match="still being prepared") as caught:
            background.require_prepared(run, Step.INVENTORY)
        assert caught.value.code is Code.PREPARING
        with pytest.raises(MrfedError, match="still being prepared"):
            background.require_prepared(run, Step.INVENTORY)
        assert len(begun) == 1, "one process at a time"
        begun[0].kill()
        begun[0].wait()
        monkeypatch.setattr(background, "LONGEST_WAIT_S", 120.0)
        background.require_prepared(run, Step.INVENTORY)
        assert len(begun) == 2
        background.require_prepared(run, Step.INVENTORY)
        assert len(begun) == 2, "what is done is not begun again"
