"""One patient from exports to a kept record, whatever happens on the way."""

import logging
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from client.preparation import lesion, voxel_file
from client.preparation import record as kept
from client.preparation.image_cache import KeptImages
from client.preparation.memory import given_back
from client.preparation.pictures import album as pictures
from client.preparation.record import Failure, Record
from shared.clustering.clusters import Clusters
from shared.clustering.standard_histogram import Standards
from shared.errors import Code, MrfedError
from shared.study.study import Study

if TYPE_CHECKING:
    from client.imaging.ingest.patient_images import Gathered  # heavy imports, where the work is

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One patient's work, for another process.

    Parameters
    ----------
    identifier : in the DICOM
    key : digest of files, settings and mapping, kept with the result
    path : of the record
    standards : standard histograms; None where the study asks for none. Empty: they are still to be learned, and the
        patient's landmarks are all that is wanted
    clusterings : where habitats were found, and their features are all that is wanted
    kept_images : where the first pass leaves what the second needs
    """

    identifier: str
    key: str
    path: Path
    index: Index
    mapping: Mapping
    study: Study
    standards: Standards | None
    clusterings: tuple[Clusters, ...] = ()
    kept_images: KeptImages | None = None

    @property
    def name(self) -> str:
        """Name of the patient in the clinical table."""
        return self.mapping.patient(self.identifier).table_name or self.identifier

    @property
    def first(self) -> Path:
        """Of the record of the first pass, where this is the second: habitats lie in folders of the features'."""
        return self.path.parents[3] / "patients" / self.path.name if self.clusterings else self.path

    @property
    def done(self) -> bool:
        """Whether the record is there, with all that lies beside it, and would come out the same again."""
        record = kept.read(self.path)
        if record is None or record.key != self.key or not record.holds:
            return False
        if record.failure is not None:
            return True
        if not pictures.holds(pictures.path_of(self.path), self.key):
            return False
        if self.clusterings or self.standards == {}:
            return True
        if self.study.network is not None and not lesion.holds(lesion.beside(self.path), self.key):
            return False
        return self.study.habitats is None or bool(record.voxels) or voxel_file.read(self.path, self.key) is not None


def prepare_patient(task: Task) -> None:
    """Prepare one patient and keep the record; a failure is kept as one.

    Raises
    ------
    OSError where the record cannot be written.
    """
    with given_back():
        _record(task).write(task.path)
        if task.clusterings and task.kept_images is not None:
            task.kept_images.forget(task.key)


def _record(task: Task) -> Record:
    try:
        return _prepare(task)
    except MrfedError as error:
        return Record(task.key, task.name, failure=Failure(error.code, error.text))
    except OSError:  # readers say of what they read that it is damaged; this is the disk that is written to
        raise
    except Exception as error:  # one bad patient never stops the rest
        log.debug("%s", traceback.format_exc())
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = (
            f"patient {task.identifier}: {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno});"
            " report this with the log"
        )
        return Record(task.key, task.name, failure=Failure(Code.INTERNAL, text))


def _prepare(task: Task) -> Record:
    # heavy imports, where the work is: the process that hands out patients does without
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)  # patients are what runs in parallel
    if task.standards == {}:
        return _landmarks(task)
    return _habitats(task) if task.clusterings else _features(task)


def _landmarks(task: Task) -> Record:
    """What the standard histogram is learned from."""
    from client.imaging.ingest.examination import examine
    from client.imaging.ingest.patient_images import gather
    from client.imaging.ingest.scanner_name import scanner_name
    from client.preparation.patient_features import patient_landmarks

    assert task.study.imaging is not None
    examination = examine(task.index.patient(task.identifier), task.mapping)
    images, album = gather(examination, task.study.imaging, task.index.folder), pictures.Album()
    _require_lesion(images)
    landmarks, findings = patient_landmarks(images, task.study, album)
    album.write(pictures.path_of(task.path), task.key)
    return Record(
        key=task.key,
        patient=task.name,
        scanner=scanner_name(images.example),
        software=images.example.software,
        examined=examination.study_date,
        landmarks={name.value: own for name, own in landmarks.items()},
        findings=findings,
        notes=(*examination.notes, *images.notes),
    )


def _features(task: Task) -> Record:
    """Features of all regions but habitats, and what habitats are made of."""
    from client.imaging.ingest.examination import examine
    from client.imaging.ingest.patient_images import gather
    from client.imaging.ingest.scanner_name import scanner_name
    from client.imaging.radiomics.features import Features
    from client.imaging.radiomics.habitats import VoxelVectors
    from client.imaging.radiomics.missing import Missing
    from client.preparation import tumour_crop
    from client.preparation.patient_features import PatientFeatures, measurable, patient_features

    assert task.study.imaging is not None
    examination = examine(task.index.patient(task.identifier), task.mapping)
    gathered = [gather(examination, task.study.imaging, task.index.folder, standards=task.standards)]
    _require_lesion(gathered[0])
    album = pictures.Album()
    example, timing, chosen = gathered[0].example, gathered[0].timing, gathered[0].notes
    patient = measurable(gathered.pop(), task.study, album)  # which lets go of images as it has done with them
    if task.study.network is not None:
        # before the record, which says that the patient is done
        lesion.around(patient, task.study.network.input, task.name).save(lesion.beside(task.path), task.key)
    if task.study.radiomics is not None:
        result = patient_features(patient, task.study)
    else:
        result = PatientFeatures(Features({}), patient.findings, patient.timing_assumed)
    album.write(pictures.path_of(task.path), task.key)
    if isinstance(result.voxels, VoxelVectors):
        voxel_file.write(task.path, task.key, result.voxels.vectors)
        if task.kept_images is not None and task.study.radiomics is not None:
            task.kept_images.keep(task.key, tumour_crop.to_arrays(patient, task.study.radiomics))
    return Record(
        key=task.key,
        patient=task.name,
        scanner=scanner_name(example),
        software=example.software,
        examined=examination.study_date,
        timing=timing.source if timing else "",
        timing_assumed=result.timing_assumed,
        features=result.features.values,
        missing={name: reason.value for name, reason in result.features.missing.items()},
        findings=result.findings,
        voxels=result.voxels.value if isinstance(result.voxels, Missing) else "",
        notes=(*examination.notes, *chosen),
    )


def _require_lesion(gathered: "Gathered") -> None:
    """Refuse a tumour that fills the field of view, as `check` does."""
    from client.imaging.ingest.mapping import Role
    from client.imaging.ingest.mask_extent import require_lesion
    from client.imaging.preprocess.nearest import onto_grid

    images = gathered.images
    if Role.TUMOUR in images.masks:
        where = f"{images.where}: mask of the {Role.TUMOUR}"
        require_lesion(onto_grid(images.masks[Role.TUMOUR], images.grid, where), where)


def _habitats(task: Task) -> Record:
    """Features of the habitats, of what the first pass has kept or of the images read again."""
    from client.imaging.ingest.examination import examine
    from client.imaging.ingest.patient_images import gather
    from client.preparation import tumour_crop
    from client.preparation.patient_features import measurable, patient_habitats

    content = task.kept_images.find(task.key) if task.kept_images is not None else None
    album = pictures.read(pictures.path_of(task.first), task.key) if content is not None else None
    if content is not None and album is not None:
        patient, corner = tumour_crop.from_arrays(content)
    else:
        assert task.study.imaging is not None
        examination, album = examine(task.index.patient(task.identifier), task.mapping), pictures.Album()
        images = gather(examination, task.study.imaging, task.index.folder, standards=task.standards)
        patient, corner = measurable(images, task.study, album), (0, 0, 0)
    clustered = patient_habitats(patient, task.study, task.clusterings, album, corner)
    album.write(pictures.path_of(task.path), task.key)
    missing = {name: reason.value for name, reason in clustered[0].missing.items()}
    return Record(task.key, task.name, missing=missing, habitats=tuple(clustering.values for clustering in clustered))
