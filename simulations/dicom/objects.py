"""All DICOM objects of an exam, as the hospital's scanner and reader leave them."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset

from simulations.dicom import classic, enhanced
from simulations.dicom.dialect import DIALECTS
from simulations.dicom.segmentation import segmentation
from simulations.dicom.series import all_series
from simulations.dicom.study import Study
from simulations.exam import Exam

_DRAWN_ON_PHASE = 1
"""The reader draws the tumour on the first phase after contrast."""


@dataclass(frozen=True)
class Written:
    """One object.

    Attributes
    ----------
    name : path relative to the patient's folder
    dataset : the object; valid until the next one is asked for
    """

    name: str
    dataset: Dataset


def objects(study: Study, exam: Exam) -> Iterator[Written]:
    """DWI and DCE images in the vendor's dialect, then the segmentation of the tumour."""
    dialect = DIALECTS[study.scanner.vendor]
    source: list[Dataset] = []
    for series in all_series(study, exam, dialect.series_per_phase):
        if study.scanner.export.multiframe:
            dataset = enhanced.image(study, series, dialect)
            if series.injection and any(volume.index == _DRAWN_ON_PHASE for volume in series.volumes):
                source = [dataset]
            yield Written(dialect.file_name(series.number, 1), dataset)
            continue
        for volume, dataset in classic.images(study, series, dialect):
            if series.injection and volume.index == _DRAWN_ON_PHASE:
                source.append(copy.deepcopy(dataset))
            yield Written(dialect.file_name(series.number, int(dataset.InstanceNumber)), dataset)
    yield Written("segmentation.dcm", segmentation(study, source, exam.tumour, exam.dce_grid))
