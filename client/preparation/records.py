"""Every patient's record of a piece of work brought up to date: what is there already stays."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from client.imaging.ingest import exports
from client.imaging.ingest import mapping as mapping_file
from client.imaging.ingest.index import Index, folded
from client.imaging.ingest.mapping import Mapping
from client.preparation import parallel, paths, voxel_file
from client.preparation import record as kept
from client.preparation.parallel import Backend
from client.preparation.paths import habitats_folder, prepared_folder
from client.preparation.patient import Task
from client.preparation.record import Failure, Record
from client.preparation.settings_hash import settings_hash
from client.site.pseudonym import Pseudonyms
from client.site.site_file import Site
from shared.arrays import Array
from shared.clustering.clusters import Clusters
from shared.clustering.standard_histogram import Standards
from shared.errors import Code, MrfedError, printable
from shared.files import document
from shared.study.study import Study

log = logging.getLogger(__name__)

OnProgress = Callable[[int, int], None]
"""Told how many are done, of how many."""


@dataclass(frozen=True)
class Work:
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
class Done:
    """All patients' records, and the voxels that lie beside them."""

    usable: list[Record]
    failures: dict[str, Failure]
    reused: int
    faults: int
    voxels: dict[str, Array]


def bring_up_to_date(
    work: Work,
    workers: int,
    backend: Backend = "loky",
    on_file: OnProgress | None = None,
    on_patient: OnProgress | None = None,
) -> Done:
    """Bring every patient's record up to date."""
    site, study = work.site, work.study
    exported = exports.folder(site, study)
    mapping = mapping_file.load(site.data.mapping) if site.data.mapping else Mapping()
    index = Index(exported, site.workspace / "index.sqlite")
    index.update(workers, on_file)
    faults = index.faults()
    for text in folded(faults):
        log.warning("site %s: %s", site.name, text)
    tasks = _tasks(work, mapping, index)
    waiting = [task for task in tasks if not task.done]
    reused = len(tasks) - len(waiting)
    if on_patient is not None:
        on_patient(reused, len(tasks))
    try:
        for done, _ in enumerate(parallel.run(waiting, workers, backend), start=reused + 1):
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
        log.warning(
            "site %s: patient %s is left out: %s: %s", site.name, printable(patient), failure.code, failure.text
        )
    usable = [record for record in records if record.failure is None]
    if not usable:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: none of {len(records)} patients could be prepared; the log says why for each",
        )
    vectors = {task.name: voxel_file.read(task.path, task.key) for task in tasks} if study.habitats is not None else {}
    voxels = {patient: own for patient, own in vectors.items() if own is not None and patient not in failures}
    return Done(usable, failures, reused, len(faults), voxels)


def _tasks(work: Work, mapping: Mapping, index: Index) -> list[Task]:
    identifiers = index.patients()
    if not identifiers:
        other_files = ", ".join(f"{count} {what}" for what, count in index.others().items()) or "nothing"
        raise MrfedError(
            Code.DATA_MISSING,
            f"{index.folder}: no MR images found ({other_files}; {len(index.faults())} files of no use); "
            "correct data.dicom in site.yaml",
        )
    pseudonyms = Pseudonyms(work.site.workspace)
    folder, settings = work.folder, settings_hash(work.study, work.standards)
    kept_images = paths.kept_images(work.site) if work.study.habitats is not None else None
    if kept_images is not None:
        kept_images.forget_old()
    rules = mapping.model_dump(mode="json", exclude={"patients"})

    def task(identifier: str) -> Task:
        own = mapping.patient(identifier).model_dump(mode="json")
        key = document.digest([settings, rules, own, index.digests(identifier)])
        path = folder / f"{pseudonyms.of(identifier)}.json"
        return Task(
            identifier=identifier,
            key=key,
            path=path,
            index=index,
            mapping=mapping,
            study=work.study,
            standards=work.standards,
            clusterings=work.clusterings,
            kept_images=kept_images,
        )

    return [task(identifier) for identifier in identifiers]
