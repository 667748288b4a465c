"""Tables of the site as files: read, and asked for columns, with errors that say what to do."""

from pathlib import Path

import pandas as pd

from shared.errors import Code, MrfedError


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
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={patient: str})
    except (OSError, ValueError) as error:
        problem = str(error).partition("\n")[0]
        raise MrfedError(Code.DATA_UNREADABLE, f"{path}: cannot be read ({problem}); export it anew") from error


def column(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """Take a column of a table.

    Raises
    ------
    MrfedError with the file and the column where there is none.
    """
    if name not in frame:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{path}: there is no column {name!r}; name the right one under columns in site.yaml, or rename it",
        )
    return frame[name]
