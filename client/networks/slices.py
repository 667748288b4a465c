"""Ready images: a table with a row a patient, a picture file, and the lesion's box in it."""

import hashlib
import math
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from client.preparation.lesion import Lesion
from client.site.site_file import Pictures
from shared.errors import Code, MrfedError

MOST_PIXELS = 1 << 24
"""Of a picture; a slice of MRI has at most a million. A small file can state far more, and takes memory for them."""


def file_of(row: pd.Series, table: Path, columns: Pictures) -> Path:
    """Picture of a patient; a relative path starts at the table's folder.

    Raises
    ------
    MrfedError (`DATA_MISSING`) where there is none.
    """
    path = table.parent / str(row[columns.file])
    if not path.is_file():
        raise MrfedError(
            Code.DATA_MISSING, f"{table}: patient {row.name}: there is no file {row[columns.file]}; correct the table"
        )
    return path


def digest(path: Path, row: pd.Series, columns: Pictures) -> list[str]:
    """What a crop of this picture depends on: its bytes, and the box."""
    box = [str(float(row[name])) for name in columns.box]
    return [hashlib.sha256(path.read_bytes()).hexdigest(), *box, str(_pixel_mm(row, columns))]


def read(path: Path, row: pd.Series, names: tuple[str, ...], columns: Pictures) -> Lesion:
    """One patient's picture.

    Parameters
    ----------
    path : a grey or colour picture, whose bands are the channels
    row : of the table
    names : of the channels, in the order of the bands
    columns : of the table

    Raises
    ------
    MrfedError (`DATA_UNREADABLE`, `DATA_INCONSISTENT`) naming the patient: no picture, another number of bands, or a
    box that is not inside.
    """
    try:
        with Image.open(path) as picture:
            if math.prod(picture.size) > MOST_PIXELS:
                raise ValueError("a header that states more pixels than a slice has")
            values = np.atleast_3d(np.asarray(picture, dtype=np.float32))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"patient {row.name}: {path.name} cannot be read as a picture; export it anew"
        ) from error
    if values.shape[2] != len(names):
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"patient {row.name}: {path.name} has {values.shape[2]} bands, and the study names {len(names)} channels",
        )
    x, y, width, height = (float(row[name]) for name in columns.box)
    rows, left = slice(int(y), int(np.ceil(y + height))), slice(int(x), int(np.ceil(x + width)))
    inside = np.zeros((1, *values.shape[:2]), dtype=bool)
    if min(x, y) < 0 or not (width > 0 and height > 0):
        raise _outside(row, path)
    inside[0, rows, left] = True
    if not inside.any():
        raise _outside(row, path)
    pixel = _pixel_mm(row, columns)
    return Lesion(np.moveaxis(values, 2, 0)[:, np.newaxis].copy(), names, inside, (pixel, pixel, pixel))


def _pixel_mm(row: pd.Series, columns: Pictures) -> float:
    return float(row[columns.pixel_mm]) if columns.pixel_mm is not None else 1.0


def _outside(row: pd.Series, path: Path) -> MrfedError:
    return MrfedError(
        Code.DATA_INCONSISTENT, f"patient {row.name}: the lesion's box lies outside {path.name}; correct the table"
    )
