"""A cohort: every hospital of a scenario, written as the folder that `mrfed-site` finds at a real one.

OUT/cohort.json             which scenario and seed made it
OUT/truth.csv               what is true of every patient; no hospital sees it
OUT/HOSPITAL/site.yaml      the site file
OUT/HOSPITAL/clinical.csv   the clinical table
OUT/HOSPITAL/dicom/         the exports, a folder a patient
"""

import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from client.site.site_file import Columns, Data, Site
from shared.errors import Code, MrfedError
from simulations import clinical, patient
from simulations.dicom.study import Study
from simulations.exam import examine
from simulations.hospital import Hospital
from simulations.patient import Patient
from simulations.scenario import Scenario

_MARKER = "cohort.json"
_FORMAT = 1
"""Raised when the same scenario and seed come to give other bytes."""
_PARTIAL = ".partial"


@dataclass(frozen=True)
class Progress:
    """How far the writing has come.

    Attributes
    ----------
    done, total : patients
    """

    done: int
    total: int


def write(
    scenario: Scenario,
    out: Path,
    seed: int,
    patients: int | None = None,
    jobs: int = 1,
    report: Callable[[Progress], None] | None = None,
) -> None:
    """Write a cohort, or what is missing of it.

    A patient's folder appears whole or not at all, so that a writing that was interrupted goes on where it
    was; a cohort may also be extended by asking for more patients.

    Parameters
    ----------
    out : a new or empty folder, or one that holds this very cohort
    patients : of every hospital; None for as many as each hospital's file says
    jobs : processes
    report : called before the first patient and after every one

    Raises
    ------
    MrfedError where `out` holds anything else.
    """
    _claim(scenario, out, seed)
    rows: list[tuple[Hospital, list[Patient]]] = []
    for hospital in scenario.hospitals:
        count = hospital.patients if patients is None else patients
        rows.append((hospital, [patient.draw(scenario.effects, hospital, seed, n) for n in range(1, count + 1)]))
    for hospital, members in rows:
        _refuse_fewer(out / hospital.name, len(members))
        _write_site(out / hospital.name, members)
    truth = clinical.table(clinical.truth_row(member) for _, members in rows for member in members)
    _replace(out / "truth.csv", truth)

    wanted = [(hospital, member) for hospital, members in rows for member in members]
    missing = [(hospital, member) for hospital, member in wanted if not _folder(out, member).is_dir()]
    already = len(wanted) - len(missing)
    for done, _ in enumerate(itertools.chain([None], _exams(missing, out, seed, jobs)), start=already):
        if report:
            report(Progress(done, len(wanted)))
    shutil.rmtree(out / _PARTIAL, ignore_errors=True)


def _exams(missing: list[tuple[Hospital, Patient]], out: Path, seed: int, jobs: int) -> Iterator[None]:
    from joblib import Parallel, delayed

    tasks = (delayed(write_exam)(member, hospital, seed, out) for hospital, member in missing)
    yield from Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)


def write_exam(member: Patient, hospital: Hospital, seed: int, out: Path) -> None:
    """Examine one patient and write her DICOM: DWI, DCE and the tumour's segmentation."""
    from simulations.dicom.objects import objects

    scanner = hospital.scanner.at(member.index)
    exam = examine(member, scanner, seed)
    if not exam.tumour.any():
        raise MrfedError(
            Code.SCENARIO_INVALID,
            f"hospital {hospital.name}: the tumour of patient {member.patient_id} lies outside the DCE's field of "
            "view; give scanner.dce more rows, columns or slices",
        )
    partial = out / _PARTIAL / member.patient_id
    shutil.rmtree(partial, ignore_errors=True)
    for written in objects(Study(member, scanner, seed), exam):
        path = partial / written.name
        path.parent.mkdir(parents=True, exist_ok=True)
        written.dataset.save_as(path, enforce_file_format=True)
    final = _folder(out, member)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial.rename(final)


def _folder(out: Path, member: Patient) -> Path:
    return out / member.site / "dicom" / f"{member.index:04d}"


def is_simulated(dicom: Path) -> bool:
    """Whether a folder of exports belongs to a cohort that `write` has written."""
    return (dicom.parent.parent / _MARKER).is_file()


def _claim(scenario: Scenario, out: Path, seed: int) -> None:
    """Make the folder this cohort's, or find that it is."""
    marker = out / _MARKER
    content = {"scenario": scenario.name, "digest": scenario.digest, "seed": seed, "format": _FORMAT}
    if out.exists() and not out.is_dir():
        raise MrfedError(Code.REFUSED, f"{out} is a file; name a folder")
    if marker.is_file():
        if json.loads(marker.read_text(encoding="utf-8")) != content:
            raise MrfedError(
                Code.REFUSED,
                f"{out} holds a cohort of another scenario or seed; name another folder, or remove this one",
            )
        return
    if out.is_dir() and any(out.iterdir()):
        raise MrfedError(Code.REFUSED, f"{out} is not empty and holds no cohort; name another folder")
    out.mkdir(parents=True, exist_ok=True)
    _replace(marker, json.dumps(content, indent=2) + "\n")


def _refuse_fewer(folder: Path, count: int) -> None:
    there = sum(1 for _ in (folder / "dicom").iterdir()) if (folder / "dicom").is_dir() else 0
    if there > count:
        raise MrfedError(
            Code.REFUSED,
            f"{folder} already holds {there} patients, more than the {count} asked for; ask for at least as "
            "many, or name another folder",
        )


def _write_site(folder: Path, members: list[Patient]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(
        name=folder.name,
        patients="simulated",
        data=Data(dicom=Path("dicom"), clinical=Path("clinical.csv")),
        columns=Columns(patient="patient", ihc="ihc", ish="ish"),
    )
    content = site.model_dump(mode="json", exclude_defaults=True)
    content["columns"]["patient"] = site.columns.patient
    _replace(folder / "site.yaml", yaml.safe_dump(content, sort_keys=False))
    _replace(folder / "clinical.csv", clinical.table(clinical.clinical_row(member) for member in members))


def _replace(path: Path, text: str) -> None:
    """Write a file so that it is whole or absent."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
