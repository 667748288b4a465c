"""All slices of a volume in one image: Siemens mosaics and UIH VFRAME grids, taken apart.

Tiles lie row by row in a square as small as holds them all; those behind the last slice are empty.

References: Siemens' CSA header, as its conformance statements and the dcm_qa_mosaic phantoms show it; UIH's private
elements (0065,1050) and (0065,1051), as UIH describes them.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import moment, number, numbers, text, value_of
from client.imaging.ingest.frame import Triple
from client.imaging.ingest.private import Private

_CSA = Private("siemens", "SIEMENS CSA HEADER", 0x0029, 0x10)
_IMAGES_IN_MOSAIC = Private("siemens", "SIEMENS MR HEADER", 0x0019, 0x0A)
_SLICES_OF_GRID = Private("uih", "Image Private Header", 0x0065, 0x50)
_FRAMES_OF_GRID = Private("uih", "Image Private Header", 0x0065, 0x51)
_MOST_SLICES = 1024


@dataclass(frozen=True)
class Tile:
    """One slice of a packed image.

    Parameters
    ----------
    row, column : of its first pixel
    rows, columns : its size
    position_mm : centre of its first pixel
    acquired_s : when it was acquired, where each slice says so
    """

    row: int
    column: int
    rows: int
    columns: int
    position_mm: Triple
    acquired_s: float | None = None


def format_of(image_type: Sequence[str]) -> str:
    """What a packed image is called; empty for an image of one slice."""
    if "MOSAIC" in image_type:
        return "Siemens mosaic"
    return "UIH VFRAME grid" if "VFRAME" in image_type else ""


def tiles(dataset: Dataset, image_type: Sequence[str], rows: int, columns: int) -> tuple[Tile, ...]:
    """The slices of a packed image.

    Parameters
    ----------
    dataset : header of the file
    image_type : upper case
    rows, columns : of the packed image

    Raises
    ------
    ValueError saying what of the vendor's private header is missing or does not fit
    """
    return (_of_mosaic if "MOSAIC" in image_type else _of_grid)(dataset, rows, columns)


def csa(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Siemens' CSA image header: name -> values; empty where there is none, or it is damaged."""
    tag = _CSA.tag(dataset, text(dataset, 0x00080070))
    content = value_of(dataset, tag) if tag is not None else None
    if not isinstance(content, bytes) or content[:4] != b"SV10":
        return {}
    try:
        return dict(_elements(content))
    except (struct.error, ValueError):
        return {}


def _elements(content: bytes) -> list[tuple[str, tuple[str, ...]]]:
    (count,), at = struct.unpack_from("<I", content, 8), 16
    elements = []
    for _ in range(min(count, _MOST_SLICES)):
        name = content[at : at + 64].split(b"\0")[0].decode("latin-1")
        (items,) = struct.unpack_from("<i", content, at + 76)
        at += 84
        values = []
        for _ in range(items):
            (length,) = struct.unpack_from("<i", content, at + 4)
            if length < 0:
                raise ValueError("a length is negative")
            at += 16
            values.append(content[at : at + length].split(b"\0")[0].decode("latin-1").strip())
            at += (length + 3) // 4 * 4
        elements.append((name, tuple(value for value in values if value)))
    return elements


def _of_mosaic(dataset: Dataset, rows: int, columns: int) -> tuple[Tile, ...]:
    header = csa(dataset)
    if not header:
        raise ValueError("its CSA header (0029,1010) is missing, which says how the slices lie")
    tag = _IMAGES_IN_MOSAIC.tag(dataset, text(dataset, 0x00080070))
    stated = number(dataset, tag) if tag is not None else None
    count = int(stated or _floats(header, "NumberOfImagesInMosaic", 1)[0])
    normal = np.array(_floats(header, "SliceNormalVector", 3))
    step_mm = number(dataset, 0x00180088) or 0
    orientation, position = numbers(dataset, 0x00200037, 6), numbers(dataset, 0x00200032, 3)
    spacing = numbers(dataset, 0x00280030, 2)
    if orientation is None or position is None or spacing is None or step_mm <= 0:
        raise ValueError("its position, orientation, pixel spacing or slice distance (0018,0088) is missing")
    edge, tile_rows, tile_columns = _square(count, rows, columns)
    # the position is that of a single slice as large as the whole mosaic, about the same centre
    first = (
        np.array(position)
        + np.array(orientation[:3]) * spacing[1] * (columns - tile_columns) / 2
        + np.array(orientation[3:]) * spacing[0] * (rows - tile_rows) / 2
    )
    return tuple(
        Tile(
            row=index // edge * tile_rows,
            column=index % edge * tile_columns,
            rows=tile_rows,
            columns=tile_columns,
            position_mm=_triple(first + index * step_mm * normal),
        )
        for index in range(count)
    )


def _of_grid(dataset: Dataset, rows: int, columns: int) -> tuple[Tile, ...]:
    manufacturer = text(dataset, 0x00080070)
    tag = _FRAMES_OF_GRID.tag(dataset, manufacturer)
    frames = value_of(dataset, tag) if tag is not None else None
    if not isinstance(frames, Sequence) or isinstance(frames, str | bytes) or not frames:
        raise ValueError("the places of its slices (0065,1051) are missing")
    tag = _SLICES_OF_GRID.tag(dataset, manufacturer)
    count = int((number(dataset, tag) if tag is not None else None) or len(frames))
    if count != len(frames):
        raise ValueError(f"it declares {count} slices and places {len(frames)}")
    across = math.ceil(math.sqrt(count))
    _, tile_rows, tile_columns = _square(count, rows, columns, math.ceil(count / across))
    tiles = []
    for index, frame in enumerate(frames):
        position = numbers(frame, 0x00200032, 3)
        if position is None:
            raise ValueError(f"slice {index + 1} has no position")
        tiles.append(
            Tile(
                row=index // across * tile_rows,
                column=index % across * tile_columns,
                rows=tile_rows,
                columns=tile_columns,
                position_mm=_triple(np.array(position)),
                acquired_s=moment(text(frame, 0x0008002A)),
            )
        )
    return tuple(tiles)


def _square(count: int, rows: int, columns: int, down: int | None = None) -> tuple[int, int, int]:
    """Tiles from left to right, and the size of each."""
    if not 1 <= count <= _MOST_SLICES:
        raise ValueError(f"it declares {count} slices")
    across = math.ceil(math.sqrt(count))
    down = across if down is None else down
    if rows % down or columns % across:
        raise ValueError(f"{count} slices do not fit into {rows} x {columns} pixels")
    return across, rows // down, columns // across


def _floats(header: dict[str, tuple[str, ...]], name: str, count: int) -> tuple[float, ...]:
    values = tuple(float(value) for value in header.get(name, ())[:count])
    if len(values) != count or not all(map(math.isfinite, values)):
        raise ValueError(f"its CSA header has no {name}")
    return values


def _triple(position: np.ndarray) -> Triple:
    x, y, z = position.tolist()
    return x, y, z
