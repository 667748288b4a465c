"""From exports to the feature table: patients in parallel, each kept as soon as it is done.

What is computed is kept by content: a patient whose files and settings are as they were is not computed again,
and a run that was killed goes on where it was.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import joblib
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from client import record as kept
from client.ingest import mapping as mapping_file
from client.ingest.index import Index
from client.ingest.mapping import Mapping
from client.prepare_patient import Task, prepare_patient
from client.prepared import prepared_folder
from client.pseudonym import Pseudonyms
from client.record import Failure, Record
from client.settings import settings_hash
from client.site import Site
from shared import document, durable_file
from shared.errors import Code, MrfedError
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
) -> Outcome:
    """Make the feature table of a study from the site's exports.

    Parameters
    ----------
    site, study : what is there, and what is asked
    workers : processes
    backend : processes of this machine, or of the Ray cluster that `RAY_ADDRESS` names, which must see the same
        folders

    Raises
    ------
    MrfedError where there are no images, or no patient could be prepared. A single patient's failure is no error:
    it is named in the log, counted and returned.
    """
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
        log.warning("site %s: %s %s", site.name, fault.path, fault.reason)
    tasks = _tasks(site, study, mapping, index)
    waiting = [task for task in tasks if not _done(task)]
    reused = len(tasks) - len(waiting)
    if on_patient is not None:
        on_patient(reused, len(tasks))
    for done, _ in enumerate(_run(waiting, workers, backend), start=reused + 1):
        if on_patient is not None:
            on_patient(done, len(tasks))
    records = [record for task in tasks if (record := kept.read(task.path)) is not None]
    failures = {record.patient: record.failure for record in records if record.failure is not None}
    for patient, failure in sorted(failures.items()):
        log.warning("site %s: patient %s is left out: %s: %s", site.name, patient, failure.code, failure.text)
    rows = [record for record in records if record.failure is None]
    if not rows:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: none of {len(records)} patients could be prepared; the log says why for each",
        )
    table = prepared_folder(site, study) / "features.parquet"
    durable_file.write(table, _parquet(rows, settings_hash(study)))
    return Outcome(table, len(rows), reused, failures, len(faults))


def _tasks(site: Site, study: Study, mapping: Mapping, index: Index) -> list[Task]:
    identifiers = index.patients()
    if not identifiers:
        found = ", ".join(f"{count} {what}" for what, count in index.others().items()) or "nothing"
        raise MrfedError(
            Code.DATA_MISSING,
            f"{index.folder}: no MR images found ({found}; {len(index.faults())} files of no use); "
            "correct data.dicom in site.yaml",
        )
    pseudonyms, folder = Pseudonyms(site.workspace), prepared_folder(site, study) / "patients"
    settings = settings_hash(study)
    rules = mapping.model_dump(mode="json", exclude={"patients"})

    def task(identifier: str) -> Task:
        own = mapping.patient(identifier).model_dump(mode="json")
        key = document.digest([settings, rules, own, index.digests(identifier)])
        path = folder / f"{pseudonyms.of(identifier)}.json"
        return Task(identifier, key, path, index, mapping, study)

    return [task(identifier) for identifier in identifiers]


def _done(task: Task) -> bool:
    record = kept.read(task.path)
    return record is not None and record.key == task.key and record.holds


def _run(tasks: Sequence[Task], workers: int, backend: Backend) -> Iterator[None]:
    """Do all tasks; yields after each."""
    if backend == "ray":
        from ray.util.joblib import register_ray

        register_ray()
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
            text = f"patient {task.identifier}: its process died, most likely out of memory; use fewer --workers"
            Record(task.key, task.name, failure=Failure(Code.INTERNAL, text)).write(task.path)


def _parquet(rows: Sequence[Record], settings: str) -> bytes:
    """The feature table: a row a patient, sorted; what it was made with stands in its metadata."""
    frame = pd.DataFrame(
        [
            {
                "patient": row.patient,
                "scanner": row.scanner,
                "software": row.software,
                "examined": row.examined,
                "timing_assumed": row.timing_assumed,
                **row.features,
            }
            for row in sorted(rows, key=lambda row: row.patient)
        ]
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), "mrfed.settings": settings})
    stream = BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()
