"""Tables of the site as files: read, and asked for columns, with errors that say what to do."""

from pathlib import Path

import numpy as np
import pandas as pd

from shared import plain_text
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.files import durable_file


def read(path: Path, patient: str = "patient") -> pd.DataFrame:
    """Read a CSV or Parquet table.

    Parameters
    ----------
    path : of the table
    patient : the column of identifiers, which are text whatever they look like: 0042 is not 42

    Raises
    ------
    MrfedError with the file where it is missing or cannot be read.
    """
    if not path.is_file():
        raise MrfedError(Code.DATA_MISSING, f"{path}: there is no such table; correct the path in site.yaml")
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={patient: str})
    except (OSError, ValueError) as error:
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


def column(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """Take a column of a table.

    Raises
    ------
    MrfedError with the file and the column where there is none, or where a cell holds a character that does not show.
    """
    if name not in frame:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{path}: there is no column {name!r}; name the right one under columns in site.yaml, or rename it",
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
    return np.array([pd.isna(one) or one in (np.inf, -np.inf) or not str(one).strip() for one in values], dtype=bool)


def numbers(frame: pd.DataFrame, path: Path) -> Array:
    """(n, columns) values of columns of numbers; NaN where there is no finite one.

    Raises
    ------
    MrfedError with the file and the first column that has a word among its values.
    """
    found = np.empty(frame.shape)
    for place, (name, values) in enumerate(frame.items()):
        found[:, place] = told = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        if words := int((np.isnan(told) & ~empty(values)).sum()):
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{path}: column {name!r}: {words} of {len(values)} values are no numbers; correct them (a decimal "
                "point, no unit), or leave them empty",
            )
    return np.where(np.isfinite(found), found, np.nan)
