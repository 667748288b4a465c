"""One patient from exports to a kept record, whatever happens on the way."""

import logging
import traceback
from dataclasses import dataclass
from pathlib import Path

from client import voxel_file
from client.ingest.index import Index
from client.ingest.mapping import Mapping
from client.memory import give_back
from client.record import Failure, Record
from shared.clusters import Clusters
from shared.errors import Code, MrfedError
from shared.standards import Standards
from shared.study import Study

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
    """

    identifier: str
    key: str
    path: Path
    index: Index
    mapping: Mapping
    study: Study
    standards: Standards | None
    clusterings: tuple[Clusters, ...] = ()

    @property
    def name(self) -> str:
        """Name of the patient in the clinical table."""
        return self.mapping.patient(self.identifier).table_name or self.identifier


def prepare_patient(task: Task) -> None:
    """Prepare one patient and keep the record; a failure is kept as one.

    Raises
    ------
    OSError where the record cannot be written.
    """
    try:
        record = _prepare(task)
    except MrfedError as error:
        record = Record(task.key, task.name, failure=Failure(error.code, error.text))
    except OSError:  # readers say of what they read that it is damaged; this is the disk that is written to
        raise
    except Exception as error:  # one bad patient never stops the rest
        log.debug("%s", traceback.format_exc())
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = (
            f"patient {task.identifier}: {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno});"
            " report this with the log"
        )
        record = Record(task.key, task.name, failure=Failure(Code.INTERNAL, text))
    record.write(task.path)
    give_back()


def _prepare(task: Task) -> Record:
    # heavy imports, where the work is: the process that hands out patients does without
    import SimpleITK as sitk

    from client.gather import gather
    from client.ingest.examination import examine
    from client.learn import lesion
    from client.patient_features import (
        PatientFeatures,
        measurable,
        patient_features,
        patient_habitats,
        patient_landmarks,
    )
    from client.radiomics.features import Features
    from client.radiomics.habitats import VoxelVectors
    from client.radiomics.missing import Missing
    from client.review import album as pictures
    from client.scanner_name import scanner_name

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)  # patients are what runs in parallel
    assert task.study.imaging is not None
    examination = examine(task.index.patient(task.identifier), task.mapping)
    if task.standards == {}:
        images, album = gather(examination, task.study.imaging, task.index.folder), pictures.Album()
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
            notes=examination.notes,
        )
    gathered = [gather(examination, task.study.imaging, task.index.folder, standards=task.standards)]
    album = pictures.Album()
    example, timing = gathered[0].example, gathered[0].timing
    patient = measurable(gathered.pop(), task.study, album)  # which lets go of images as it has done with them
    if task.clusterings:
        clustered = patient_habitats(patient, task.study, task.clusterings, album)
        album.write(pictures.path_of(task.path), task.key)
        missing = {name: reason.value for name, reason in clustered[0].missing.items()}
        return Record(task.key, task.name, missing=missing, habitats=tuple(one.values for one in clustered))
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
        notes=examination.notes,
    )
