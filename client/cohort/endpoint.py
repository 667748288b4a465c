"""The endpoint of each patient: a class or a number, or the reason why there is none."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from client.cohort.exclusion import Reason
from client.cohort.her2 import Her2Status, her2_status
from client.site.site_file import Columns
from client.site.tables import column
from shared.errors import Code, MrfedError
from shared.sections.question import HER2_STATUS, Endpoint, EndpointKind
from shared.sections.spelling import spelling

_UNSETTLED = {
    Her2Status.MISSING.value: Reason.LABEL_MISSING,
    Her2Status.INDETERMINATE.value: Reason.LABEL_INDETERMINATE,
    Her2Status.CONTRADICTORY.value: Reason.LABEL_CONTRADICTORY,
    Her2Status.UNREADABLE.value: Reason.LABEL_UNREADABLE,
}


def outcomes(frame: pd.DataFrame, columns: Columns, endpoint: Endpoint, path: Path) -> list[float | Reason]:
    """Class index, or scaled value of a continuous endpoint, of every patient; or why there is none.

    Parameters
    ----------
    frame : clinical table, a row a patient
    columns : which column is what
    endpoint : what the study asks
    path : of the table, for errors

    Raises
    ------
    MrfedError where the table lacks the column.
    """
    if endpoint.column == HER2_STATUS and HER2_STATUS not in frame:
        values: list[Any] = _her2(frame, columns, path)
    else:
        values = [None if pd.isna(value) else value for value in column(frame, endpoint.column, path)]
    if endpoint.kind is EndpointKind.CONTINUOUS:
        return [_number(value, endpoint) for value in values]
    classes = _class_of(endpoint)
    return [_class(value, classes) for value in values]


def _her2(frame: pd.DataFrame, columns: Columns, path: Path) -> list[str]:
    if columns.ihc is None:
        raise MrfedError(
            Code.LABEL_MISSING,
            f"{path}: the study asks for HER2 status; name the column of the IHC score as columns.ihc in site.yaml",
        )
    names = {"ihc": columns.ihc, "ish": columns.ish, "ratio": columns.ish_ratio, "copies": columns.ish_copies}
    cells = {
        part: [None if pd.isna(value) else value for value in column(frame, name, path)]
        for part, name in names.items()
        if name is not None
    }
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    return [her2_status(**row).value for row in rows]


def _number(value: Any, endpoint: Endpoint) -> float | Reason:
    if value is None:
        return Reason.LABEL_MISSING
    try:
        number = endpoint.scaled(float(value))
    except ValueError:
        return Reason.LABEL_UNREADABLE
    if not np.isfinite(number):
        return Reason.LABEL_MISSING
    return number if abs(number) <= 1 else Reason.LABEL_IMPLAUSIBLE


def _class(value: Any, classes: dict[str, int]) -> float | Reason:
    if value is None:
        return Reason.LABEL_MISSING
    if value in _UNSETTLED:
        return _UNSETTLED[value]
    return classes.get(spelling(value), Reason.OTHER_CLASS)


def _class_of(endpoint: Endpoint) -> dict[str, int]:
    """Class index by a value's spelling."""
    return {
        spelling(value): index
        for index, one in enumerate(endpoint.classes)
        for value in one.values  # noqa: PD011 (a class of an endpoint, no frame)
    }
