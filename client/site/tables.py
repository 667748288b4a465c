"""Tables of the site as files: read, and asked for columns, with errors that say what to do."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from client.site import delimited_text
from client.site.delimited_text import doubtful
from client.site.site_file import Site
from shared import plain_text
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.files import durable_file

_LISTED = 12
"""Columns that an error lists at most."""
LARGEST = float(np.finfo(np.float32).max)
"""Beyond single precision, in which images are kept, a number is no measurement but a mark or a fault of an export."""


def read(
    path: Path, patient: str = "patient", words: Sequence[str | None] = (), encoding: str | None = None
) -> pd.DataFrame:
    """Read a CSV or Parquet table.

    Parameters
    ----------
    path : of the table
    patient : the column of identifiers, which are text whatever they look like: 0042 is not 42
    words : columns in which `null` is a word and no empty cell
    encoding : of a CSV table, where the hospital has named it

    Raises
    ------
    MrfedError with the file where it is missing or cannot be read.
    """
    if not path.is_file():
        raise MrfedError(Code.DATA_MISSING, f"{path}: there is no such table; correct the path in site.yaml")
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = delimited_text.read(path, patient, [name for name in words if name is not None], encoding)
    except MrfedError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        problem = str(error).partition("\n")[0]
        raise MrfedError(Code.DATA_UNREADABLE, f"{path}: cannot be read ({problem}); export it anew") from error
    for name in map(str, frame.columns):
        if not plain_text.is_plain(name):
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{path}: the name of column {name!r} holds a character that does not show; rename it",
            )
    return frame


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table for people as CSV: no cell and no heading of text is one that a spreadsheet would compute."""
    shown = frame.rename(columns=lambda name: plain_text.cell(str(name)))
    for place, (_, values) in enumerate(frame.items()):
        if not pd.api.types.is_numeric_dtype(values):
            shown.isetitem(place, [plain_text.cell(value) for value in values])
    durable_file.write(path, shown.to_csv(index=False).encode())


def of_site(path: Path, site: Site) -> pd.DataFrame:
    """Read a table of a site as its site file says; raises as `read` does."""
    return read(path, site.columns.patient, (site.columns.ihc,), site.data.encoding)


def column(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """Take a column of a table.

    Raises
    ------
    MrfedError with the file and the column where there is none, or where a cell holds a character that does not show.
    """
    if name not in frame:
        there = ", ".join(map(str, frame.columns[:_LISTED])) + (", ..." if len(frame.columns) > _LISTED else "")
        raise MrfedError(
            Code.DATA_MISSING,
            f"{path}: there is no column {name!r}; name the right one under columns in site.yaml, or rename it (its "
            f"columns: {there})",
        )
    for row, value in enumerate(frame[name], start=1):
        if isinstance(value, str) and not plain_text.is_plain(value):
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{path}: row {row} of {name!r} holds a character that does not show ({value!r}); correct the cell",
            )
    return frame[name]


def empty(values: pd.Series) -> Array:
    """(n,) where a cell says nothing: no value, blanks, or infinity."""
    return np.array(
        [pd.isna(cell) or cell in (np.inf, -np.inf) or not str(cell).strip() for cell in values], dtype=bool
    )


def numbers(frame: pd.DataFrame, path: Path) -> Array:
    """(n, columns) values of columns of numbers; NaN where there is no finite one.

    Parameters
    ----------
    frame : by patient
    path : of the table, for errors

    Raises
    ------
    MrfedError with the file and the first column that has a word among its values, numbers without their decimal point,
    or a number that nobody measures; of the last also the patient.
    """
    values = np.empty(frame.shape)
    for place, (name, cells) in enumerate(frame.items()):
        values[:, place] = own = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        if words := int((np.isnan(own) & ~empty(cells)).sum()):
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{path}: column {name!r}: {words} of {len(cells)} values are no numbers; correct them (a decimal "
                "point, no unit, no separator of thousands), or leave them empty",
            )
        if not pd.api.types.is_numeric_dtype(cells) and doubtful(cells):
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{path}: column {name!r}: numbers have lost their decimal point, or it cannot be told from a "
                "separator of thousands; export the table anew, with a decimal point in every cell",
            )
        beyond = np.isfinite(own) & (np.abs(own) >= LARGEST)
        if beyond.any():
            row = int(beyond.argmax())
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{path}: patient {frame.index[row]}: {name} is {own[row]:.3g}, which nobody measures (so are "
                f"{int(beyond.sum())} of {len(own)} values of {name}); correct them, or leave them empty",
            )
    return np.where(np.isfinite(values), values, np.nan)
