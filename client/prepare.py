"""From exports to the feature table: patients in parallel, each kept as soon as it is done.

What is computed is kept by content: a patient whose files and settings are as they were is not computed again,
and a run that was killed goes on where it was.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import joblib
import numpy as np

from client import feature_file, on_ray, prepared, voxel_file
from client import record as kept
from client.ingest import mapping as mapping_file
from client.ingest.index import Index
from client.ingest.mapping import Mapping
from client.learn import lesion
from client.prepare_patient import Task, prepare_patient
from client.prepared import (
    LANDMARK_PREFIX,
    feature_path,
    habitat_tables,
    habitats_folder,
    landmark_table,
    prepared_folder,
)
from client.preprocess.nyul import PERCENTILES, on_scale
from client.pseudonym import Pseudonyms
from client.record import Failure, Record
from client.review import album
from client.settings import settings_hash
from client.site import Site
from shared import document
from shared.arrays import Array
from shared.clusters import Clusters
from shared.errors import Code, MrfedError
from shared.standards import Standards
from shared.study import Study

log = logging.getLogger(__name__)

Backend = Literal["loky", "ray"]
OnProgress = Callable[[int, int], None]
"""Told how many are done, of how many."""


@dataclass(frozen=True)
class Outcome:
    """What a run of `prepare` came to.

    Parameters
    ----------
    table : the feature table
    patients : how many have features
    reused : how many records were there already
    failures : patients without features, as the clinical table calls them
    faults : files of no use that should have been
    """

    table: Path
    patients: int
    reused: int
    failures: dict[str, Failure]
    faults: int


def prepare(
    site: Site,
    study: Study,
    workers: int = 1,
    backend: Backend = "loky",
    on_file: OnProgress | None = None,
    on_patient: OnProgress | None = None,
    standards: Standards | None = None,
) -> Outcome:
    """Make the feature table of a study from the site's exports.

    Parameters
    ----------
    site, study : what is there, and what is asked
    workers : processes
    backend : processes of this machine, or of the Ray cluster that `RAY_ADDRESS` names, which must see the same
        folders
    standards : standard histograms, where the study asks for them. Before they are learned, the table is that of the
        landmarks from which the sites learn them

    Raises
    ------
    MrfedError where there are no images, or no patient could be prepared. A single patient's failure is no error: it
    is named in the log, counted and returned.
    """
    if study.standardised and not standards:
        return _prepare_landmarks(site, study, workers, backend, on_file, on_patient)
    found = _run_all(_Work(site, study, standards), workers, backend, on_file, on_patient)
    table = feature_path(site, study, standards)
    if study.habitats is not None:
        voxel_file.write_all(prepared.voxel_file(site, study, standards), found.voxels)
    feature_file.write(table, found.usable, settings_hash(study, standards))
    return Outcome(table, len(found.usable), found.reused, found.failures, found.faults)


def prepare_habitats(
    site: Site,
    study: Study,
    clusterings: tuple[Clusters, ...],
    workers: int = 1,
    on_patient: OnProgress | None = None,
    standards: Standards | None = None,
) -> tuple[Path, ...]:
    """Make the feature tables of a study with habitats, once these were found: one table for each clustering.

    What does not depend on the habitats is there from `prepare`, or made now; what is there already stays.

    Parameters
    ----------
    site, study : what is there, and what is asked
    clusterings : of each omission of the study
    workers, on_patient, standards : as for `prepare`

    Raises
    ------
    MrfedError as `prepare` does.
    """
    prepare(site, study, workers, standards=standards)
    without = _run_all(_Work(site, study, standards), workers)
    found = _run_all(_Work(site, study, standards, clusterings), workers, on_patient=on_patient)
    habitats = {record.patient: record.habitats for record in found.usable}
    tables = habitat_tables(site, study, clusterings, standards)
    for number, table in enumerate(tables):
        rows = [
            replace(one, features=one.features | habitats[one.patient][number]) if one.patient in habitats else one
            for one in without.usable
        ]
        feature_file.write(table, rows, settings_hash(study, standards))
    return tables


def _prepare_landmarks(
    site: Site,
    study: Study,
    workers: int,
    backend: Backend,
    on_file: OnProgress | None,
    on_patient: OnProgress | None,
) -> Outcome:
    """Make the table of landmarks, from which the sites learn the standard histograms together."""
    found = _run_all(_Work(site, study, {}), workers, backend, on_file, on_patient)
    rows = [replace(record, features=_landmark_columns(record)) for record in found.usable]
    table = landmark_table(site, study)
    feature_file.write(table, rows, settings_hash(study))
    return Outcome(table, len(rows), found.reused, found.failures, found.faults)


def _landmark_columns(record: Record) -> dict[str, float]:
    """Landmarks on a scale of 0 to 100, as columns of a table."""
    return {
        f"{LANDMARK_PREFIX}{image}.{percentile}": float(value)
        for image, own in record.landmarks.items()
        for percentile, value in zip(PERCENTILES, on_scale(np.array(own)), strict=True)
    }


@dataclass(frozen=True)
class _Work:
    """What is wanted of every patient: landmarks (standards empty), features, or features of habitats (clusterings)."""

    site: Site
    study: Study
    standards: Standards | None
    clusterings: tuple[Clusters, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the records lie."""
        if self.clusterings:
            return habitats_folder(self.site, self.study, self.clusterings, self.standards) / "patients"
        folder = prepared_folder(self.site, self.study, self.standards)
        return folder / ("landmarks" if self.standards == {} else "patients")


@dataclass(frozen=True)
class _Done:
    """All patients' records, and the voxels that lie beside them."""

    usable: list[Record]
    failures: dict[str, Failure]
    reused: int
    faults: int
    voxels: dict[str, Array]


def _run_all(
    work: _Work,
    workers: int,
    backend: Backend = "loky",
    on_file: OnProgress | None = None,
    on_patient: OnProgress | None = None,
) -> _Done:
    """Bring every patient's record up to date."""
    site, study = work.site, work.study
    if study.imaging is None:
        raise MrfedError(Code.DATA_MISSING, f"site {site.name}: {study.name} brings ready features; nothing to prepare")
    if site.data.dicom is None:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: {study.name} takes features from images; give data.dicom in site.yaml",
        )
    mapping = mapping_file.load(site.data.mapping) if site.data.mapping else Mapping()
    index = Index(site.data.dicom, site.workspace / "index.sqlite")
    index.update(workers, on_file)
    faults = index.faults()
    for fault in faults:
        log.warning("site %s: %s", site.name, fault.text)
    tasks = _tasks(work, mapping, index)
    waiting = [task for task in tasks if not _done(task)]
    reused = len(tasks) - len(waiting)
    if on_patient is not None:
        on_patient(reused, len(tasks))
    try:
        for done, _ in enumerate(_run(waiting, workers, backend), start=reused + 1):
            if on_patient is not None:
                on_patient(done, len(tasks))
    except OSError as error:
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"site {site.name}: {error.filename or work.folder} cannot be written ({error.strerror or error}); check "
            "free space and rights, then run this again: it goes on where it was",
        ) from error
    records = [record for task in tasks if (record := kept.read(task.path)) is not None]
    failures = {record.patient: record.failure for record in records if record.failure is not None}
    for patient, failure in sorted(failures.items()):
        log.warning("site %s: patient %s is left out: %s: %s", site.name, patient, failure.code, failure.text)
    usable = [record for record in records if record.failure is None]
    if not usable:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: none of {len(records)} patients could be prepared; the log says why for each",
        )
    vectors = {task.name: voxel_file.read(task.path, task.key) for task in tasks} if study.habitats is not None else {}
    voxels = {patient: own for patient, own in vectors.items() if own is not None and patient not in failures}
    return _Done(usable, failures, reused, len(faults), voxels)


def _tasks(work: _Work, mapping: Mapping, index: Index) -> list[Task]:
    identifiers = index.patients()
    if not identifiers:
        found = ", ".join(f"{count} {what}" for what, count in index.others().items()) or "nothing"
        raise MrfedError(
            Code.DATA_MISSING,
            f"{index.folder}: no MR images found ({found}; {len(index.faults())} files of no use); "
            "correct data.dicom in site.yaml",
        )
    pseudonyms = Pseudonyms(work.site.workspace)
    folder, settings = work.folder, settings_hash(work.study, work.standards)
    rules = mapping.model_dump(mode="json", exclude={"patients"})

    def task(identifier: str) -> Task:
        own = mapping.patient(identifier).model_dump(mode="json")
        key = document.digest([settings, rules, own, index.digests(identifier)])
        path = folder / f"{pseudonyms.of(identifier)}.json"
        return Task(identifier, key, path, index, mapping, work.study, work.standards, work.clusterings)

    return [task(identifier) for identifier in identifiers]


def _done(task: Task) -> bool:
    record = kept.read(task.path)
    if record is None or record.key != task.key or not record.holds:
        return False
    if record.failure is None and not album.holds(album.path_of(task.path), task.key):
        return False
    crops = task.study.network is not None and record.failure is None
    if crops and not lesion.holds(lesion.beside(task.path), task.key):
        return False
    beside = task.study.habitats is not None and not (task.clusterings or task.standards == {} or record.failure)
    return not beside or bool(record.voxels) or voxel_file.read(task.path, task.key) is not None


def _run(tasks: Sequence[Task], workers: int, backend: Backend) -> Iterator[None]:
    """Do all tasks; yields after each."""
    if backend == "ray":
        for died in on_ray.each(tasks, workers):
            if died is not None:
                _note_death(died)
            yield
        return
    try:
        with joblib.parallel_config(backend=backend if workers > 1 else "sequential", n_jobs=workers):
            parallel = joblib.Parallel(return_as="generator_unordered")
            yield from parallel(joblib.delayed(prepare_patient)(task) for task in tasks)
    except BrokenProcessPool:
        # One patient took its process down (out of memory, a crash in a library) and the others of the pool
        # with it: those left are done each in a process of its own, which shows which patient it was.
        for task in tasks:
            if not _done(task):
                _alone(task)
                yield


def _alone(task: Task) -> None:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        try:
            pool.submit(prepare_patient, task).result()
        except BrokenProcessPool:
            _note_death(task)


def _note_death(task: Task) -> None:
    text = f"patient {task.identifier}: its process died, most likely out of memory; use fewer --workers"
    Record(task.key, task.name, failure=Failure(Code.INTERNAL, text)).write(task.path)
