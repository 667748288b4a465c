"""The endpoint of each patient: a class or a number, or the reason why there is none."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from client.cohort.exclusion import Reason
from client.cohort.her2 import Her2Status, her2_status
from client.cohort.her2_spellings import dashes_are_results, is_dash, names_groups
from client.site.site_file import Columns
from client.site.tables import column
from shared.errors import Code, MrfedError
from shared.sections.question import HER2_STATUS, Endpoint, EndpointKind
from shared.sections.spelling import asks_for_truths, spelling, truth

_UNSETTLED = {
    Her2Status.MISSING.value: Reason.LABEL_MISSING,
    Her2Status.INDETERMINATE.value: Reason.LABEL_INDETERMINATE,
    Her2Status.CONTRADICTORY.value: Reason.LABEL_CONTRADICTORY,
    Her2Status.UNREADABLE.value: Reason.LABEL_UNREADABLE,
}

_LISTED = 5
"""Values that a sentence lists at most."""


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
    class_of = _class_of(endpoint)
    return [_class(value, class_of) for value in values]


def _her2(frame: pd.DataFrame, columns: Columns, path: Path) -> list[str]:
    if columns.ihc is None:
        raise MrfedError(
            Code.LABEL_MISSING,
            f"{path}: the study asks for HER2 status; name the column of the IHC score as columns.ihc in site.yaml",
        )
    names = {
        "ihc": columns.ihc,
        "ish": columns.ish,
        "ratio": columns.ish_ratio,
        "copies": columns.ish_copies,
        "group": columns.ish_group,
    }
    if columns.ish is not None and columns.ish_group is None and names_groups(columns.ish):
        names |= {"ish": None, "group": columns.ish}
    cells = {
        part: [None if pd.isna(value) else value for value in column(frame, name, path)]
        for part, name in names.items()
        if name is not None
    }
    if not dashes_are_results(cells.get("ish", ())):
        cells = {part: list(map(_doubtful, own)) if part == "ish" else own for part, own in cells.items()}
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    return [her2_status(**row).value for row in rows]


def _doubtful(cell: Any) -> Any:
    """A dash as a word that no result has: it may say negative, or that nothing was tested."""
    return f"dash {cell}" if is_dash(cell) else cell


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


def _class(value: Any, class_of: Callable[[object], int | None]) -> float | Reason:
    if value is None or not str(value).strip():
        return Reason.LABEL_MISSING
    if value in _UNSETTLED:
        return _UNSETTLED[value]
    index = class_of(value)
    return Reason.OTHER_CLASS if index is None else index


def _class_of(endpoint: Endpoint) -> Callable[[object], int | None]:
    """Class index by a value's spelling; where the classes are yes and no, by whatever says one of these."""
    by_spelling = {
        spelling(value): index
        for index, endpoint_class in enumerate(endpoint.classes)
        for value in endpoint_class.values  # noqa: PD011 (a class of an endpoint, no frame)
    }
    if not asks_for_truths(by_spelling):
        return lambda value: by_spelling.get(spelling(value))
    by_truth = {truth(text): index for text, index in by_spelling.items()}
    return lambda value: None if truth(value) is None else by_truth[truth(value)]


def unmatched(frame: pd.DataFrame, endpoint: Endpoint) -> str:
    """What stands in the endpoint's column and is of no class, in words for the hospital's own people.

    Parameters
    ----------
    frame : clinical table
    endpoint : what the study asks

    Returns
    -------
    A sentence that lists the most frequent values; empty where none is of no class, or the endpoint has no classes
    """
    if endpoint.continuous or endpoint.column not in frame:
        return ""
    class_of = _class_of(endpoint)
    cells = [value for value in frame[endpoint.column] if not pd.isna(value) and str(value).strip()]
    counts = Counter(str(value).strip() for value in cells if class_of(value) is None)
    if not counts:
        return ""
    listed = ", ".join(f"{value!r} ({count})" for value, count in counts.most_common(_LISTED))
    more = f" and {len(counts) - _LISTED} other values" if len(counts) > _LISTED else ""
    wanted = ", ".join(repr(spelling(value)) for endpoint_class in endpoint.classes for value in endpoint_class.values)  # noqa: PD011
    return f"column {endpoint.column} holds {listed}{more}, where the study names {wanted}"
