"""An exam's series: which volumes each holds, and when they were acquired."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from simulations.dicom.study import Study
from simulations.exam import Exam
from simulations.phantom.grid import Grid
from simulations.scanner import DceProtocol, DwiProtocol

Array = NDArray[np.float64]

_DWI_NUMBER = 2
_DCE_NUMBER = 3
_DCE_AFTER_DWI = timedelta(minutes=6)


@dataclass(frozen=True)
class Volume:
    """One volume of a series.

    Attributes
    ----------
    magnitude : (slices, rows, columns)
    index : which phase or b-value of the whole acquisition this is, from 0
    began : start of its acquisition
    b_value : s/mm^2; None where the series is not diffusion-weighted
    """

    magnitude: Array
    index: int
    began: datetime
    b_value: int | None = None


@dataclass(frozen=True)
class Series:
    """One series.

    Attributes
    ----------
    name : from which its identifier derives
    number : as the scanner counts
    protocol : by which it was acquired
    grid : geometry of every volume
    volumes : in order
    began : start of the acquisition that the series is a part of
    duration_s : of one volume
    injection : start of the bolus; None where there was none
    """

    name: str
    number: int
    protocol: DceProtocol | DwiProtocol
    grid: Grid
    volumes: tuple[Volume, ...]
    began: datetime
    duration_s: float
    injection: datetime | None = None


def all_series(study: Study, exam: Exam, series_per_phase: bool) -> Iterator[Series]:
    """The DWI series, and the DCE phases as one series or one each."""
    dwi = study.scanner.dwi
    yield Series(
        name="dwi",
        number=_DWI_NUMBER,
        protocol=dwi,
        grid=exam.dwi_grid,
        volumes=tuple(
            Volume(exam.dwi[index], index, study.start, b_value) for index, b_value in enumerate(dwi.b_values)
        ),
        began=study.start,
        duration_s=dwi.tr_ms / 1000,
    )
    began = study.start + _DCE_AFTER_DWI
    phases = [
        Volume(exam.dce[index], index, began + timedelta(seconds=float(started_s)))
        for index, started_s in enumerate(exam.timing.starts_s)
    ]
    groups = [(phase,) for phase in phases] if series_per_phase else [tuple(phases)]
    for index, group in enumerate(groups):
        yield Series(
            name=f"dce {index}" if series_per_phase else "dce",
            number=_DCE_NUMBER + index,
            protocol=study.scanner.dce,
            grid=exam.dce_grid,
            volumes=group,
            began=began,
            duration_s=exam.timing.phase_s,
            injection=began + timedelta(seconds=exam.timing.injection_s),
        )
