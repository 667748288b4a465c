"""Images that are prepared while a study runs over a real network: a site says so, and is asked again."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import yaml

from client.approval import approval
from client.site import site_file
from deploy.loopback import Federation
from shared.errors import Code
from shared.results.result import Result
from shared.sections.selection import Univariate
from shared.services.pace import Pace
from shared.step import Step
from shared.study.study import Study
from simulations.simulate import simulate
from tests.network.three_sites import SITES, approve
from tests.small_hospital import study, write_patient

pytestmark = [pytest.mark.network, pytest.mark.processes, pytest.mark.slow]
PATIENTS = 6
PATIENCE_S = 600.0


def asked() -> Study:
    """Features on a standard histogram that the sites learn together; an answer waits half a minute at most."""
    imaging = {"sequences": ["dce"], "phases": {"early_s": 60, "late_s": 200}, "steps": [{"step": "nyul"}]}
    plain = study(
        name="three-sites-images",
        imaging=imaging,
        maps=[],
        federation={"sites": SITES, "quorum": 3, "deadline_s": 60},
        radiomics={"parameters": {"setting": {"binWidth": 25}, "featureClass": {"firstorder": []}}},
    )
    return plain.model_copy(
        update={
            "evaluation": plain.evaluation.model_copy(update={"folds": 2, "leave_one_site_out": False}),
            "privacy": plain.privacy.model_copy(update={"minimum_patients": 1}),
            "selection": Univariate(keep=2),
        }
    )


@pytest.fixture
def hospitals(folders: list[Path]) -> Iterator[list[Path]]:
    """The connected sites, with images instead of their tables while the test lasts."""
    before = {folder: (folder / "site.yaml").read_bytes() for folder in folders}
    for number, folder in enumerate(folders):
        patients = [f"{folder.name}{number}" for number in range(PATIENTS)]
        for one, patient in enumerate(patients):
            write_patient(folder / "dicom" / str(one), patient, seed=100 * number + one)
        ihc = ["0", "1+"] * (PATIENTS // 2)
        pd.DataFrame({"patient": patients, "ihc": ihc, "ish": ""}).to_csv(folder / "clinical.csv", index=False)
        policy = {"minimum_patients": 1, "minimum_sites": 1, "patients_per_coefficient": 0, "reason": "synthetic"}
        content = {
            "name": folder.name,
            "data": {"dicom": "dicom", "clinical": "clinical.csv"},
            "columns": {"ihc": "ihc", "ish": "ish"},
            "workers": 1,
            "policy": policy,
        }
        (folder / "site.yaml").write_text(yaml.safe_dump(content))
    yield folders
    for folder, content in before.items():
        (folder / "site.yaml").write_bytes(content)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Hold the lock on a job, as the process does that prepares images."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for(what: str, path: Path, times: int) -> None:
    """Wait until a word stands in a file so many times."""
    deadline, pace = time.monotonic() + PATIENCE_S, Pace(0.1, 1.0)
    pace.note()
    while path.read_text().count(what) < times:
        assert time.monotonic() < deadline, f"{path.name} does not say {what} {times} times"
        pace.wait()


def test_a_site_that_prepares_for_long_is_asked_again_over_the_network(
    federation: Federation, hospitals: list[Path], tmp_path: Path
) -> None:
    wanted, file, out = asked(), tmp_path / "study.yaml", tmp_path / "out"
    file.write_text(yaml.safe_dump(wanted.model_dump(mode="json")))
    approve(federation, hospitals, file)
    slow, *others = [site_file.load(folder / "site.yaml") for folder in hospitals]
    approved = approval.latest(slow.workspace, wanted.digest)
    assert approved is not None
    log = slow.workspace / "audit.jsonl"
    before = log.read_text().count(Code.PREPARING)
    with ThreadPoolExecutor(1) as pool:
        with at_work(approved.folder / "preparing" / Step.NORMALIZE):
            running = pool.submit(federation.ask, file, out)
            wait_for(Code.PREPARING, log, before + 1)
            assert not running.done(), "the coordinator is still asking"
        running.result(timeout=PATIENCE_S)
    there = Result.model_validate_json((out / "result.json").read_text())
    assert [exchange.step for exchange in there.exchanges][:3] == ["enroll", "normalize", "inventory"]

    copies = []
    for site in (slow, *others):
        workspace = tmp_path / "here" / site.name
        shutil.copytree(site.workspace / "prepared", workspace / "prepared")
        for name in ("pseudonyms.key", "index.sqlite"):
            shutil.copy(site.workspace / name, workspace)
        copies.append(site.model_copy(update={"workspace": workspace}))
    in_process = simulate(wanted, copies, tmp_path / "coordinator")
    assert there.fingerprint == in_process.fingerprint, "asking again has changed nothing"
