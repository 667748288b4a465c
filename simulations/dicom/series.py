"""An exam's DCE and DWI series, image by image."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from simulations.dicom.dialect import DIALECTS
from simulations.dicom.image import Study, identify, image, matrix, place, tm
from simulations.exam import Exam
from simulations.phantom.grid import Grid

Array = NDArray[np.float64]

_DCE_AFTER_DWI = timedelta(minutes=6)
_DWI_NUMBER = 2
_DCE_NUMBER = 3


@dataclass(frozen=True)
class Written:
    """One image and where it belongs.

    Attributes
    ----------
    name : path relative to the patient's folder
    dataset : the image; valid until the next one is asked for
    volume, slice_index : phase or b-value, and slice
    """

    name: str
    dataset: Dataset
    volume: int
    slice_index: int


def dwi(study: Study, exam: Exam) -> Iterator[Written]:
    """Images of the DWI series: all b-values in one series, trace-weighted."""
    protocol = study.scanner.dwi
    one = image(study, "dwi", _DWI_NUMBER, "ep2d_diff_trace", study.start, exam.dwi_grid)
    one.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
    one.ScanningSequence, one.SequenceVariant, one.ScanOptions = "EP", "SK", "FS"
    one.MRAcquisitionType = "2D"
    one.RepetitionTime, one.EchoTime, one.FlipAngle = protocol.tr_ms, protocol.te_ms, 90
    one.EchoTrainLength = protocol.rows
    one.AcquisitionNumber = 1
    matrix(one, protocol)
    dialect = DIALECTS[study.scanner.vendor]
    for volume, b_value in enumerate(protocol.b_values):
        one.AcquisitionTime = one.ContentTime = tm(study.start)
        dialect.weigh(one, b_value)
        yield from _volume(study, one, "dwi", exam.dwi_grid, exam.dwi, volume)


def dce(study: Study, exam: Exam) -> Iterator[Written]:
    """Images of the DCE phases: in one series or one a phase, as the vendor does it."""
    dialect = DIALECTS[study.scanner.vendor]
    start = study.start + _DCE_AFTER_DWI
    one = _dynamic(study, exam, "dce", _DCE_NUMBER, start)
    for phase, started_s in enumerate(exam.timing.starts_s):
        began = start + timedelta(seconds=float(started_s))
        series = "dce"
        if dialect.series_per_phase:
            series = f"dce {phase}"
            one = _dynamic(study, exam, series, _DCE_NUMBER + phase, began)
        one.AcquisitionNumber = phase + 1
        one.AcquisitionTime = one.ContentTime = tm(began)
        dialect.time(one, float(started_s))
        yield from _volume(study, one, series, exam.dce_grid, exam.dce, phase)


def _dynamic(study: Study, exam: Exam, series: str, number: int, start: datetime) -> Dataset:
    protocol = study.scanner.dce
    injection = study.start + _DCE_AFTER_DWI + timedelta(seconds=exam.timing.injection_s)
    one = image(study, series, number, "t1_3d_spgr_dynamic", start, exam.dce_grid)
    one.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    one.ScanningSequence, one.SequenceVariant, one.ScanOptions = "GR", "SP", "FS"
    one.MRAcquisitionType = "3D"
    one.RepetitionTime, one.EchoTime, one.FlipAngle = protocol.tr_ms, protocol.te_ms, protocol.flip_deg
    one.EchoTrainLength = 1
    one.AcquisitionDuration = float(exam.timing.phase_s)
    one.ContrastBolusAgent = protocol.agent
    one.ContrastBolusStartTime = tm(injection)
    one.NumberOfTemporalPositions = protocol.phases
    one.TemporalResolution = protocol.phase_s * 1000
    matrix(one, protocol)
    return one


def _volume(study: Study, one: Dataset, series: str, grid: Grid, volumes: Array, volume: int) -> Iterator[Written]:
    dialect = DIALECTS[study.scanner.vendor]
    one.Manufacturer = dialect.manufacturer
    one.PixelRepresentation = int(dialect.signed)
    slices = grid.shape[0]
    in_series, here = (1, 0) if dialect.series_per_phase and series != "dwi" else (len(volumes), volume)
    per_volume, per_slice = (1, in_series) if dialect.slice_by_slice else (slices, 1)
    for slice_index in range(slices):
        number = here * per_volume + slice_index * per_slice + 1
        identify(one, study, series, number)
        place(one, grid, slice_index)
        dialect.scale(one, volumes[volume, slice_index])
        yield Written(dialect.file_name(int(one.SeriesNumber), number), one, volume, slice_index)
