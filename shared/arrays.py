"""Named arrays, as they travel and as they lie on disk."""

import io
import math
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shared.files import durable_file, stored_archive

Array: TypeAlias = npt.NDArray[Any]
Arrays: TypeAlias = Mapping[str, Array]


def save(path: Path, arrays: Arrays) -> None:
    """Write named arrays to one file, whole or not at all.

    Parameters
    ----------
    path : file to write; an existing one is replaced
    arrays : any shapes, no objects
    """
    durable_file.write(path, to_bytes(arrays))


def load(path: Path) -> dict[str, Array]:
    """Read what `save` wrote."""
    return from_bytes(path.read_bytes())


def to_bytes(arrays: Arrays) -> bytes:
    """Named arrays as the bytes of a NumPy archive; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    # The archive's own names, so that no array's name can be mistaken for an argument of the writer's.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            member = io.BytesIO()
            np.save(member, value, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return buffer.getvalue()


def from_bytes(content: bytes, kinds: str = "biufU") -> dict[str, Array]:
    """Undo `to_bytes`, of bytes that anybody may have written: nothing in them takes more memory than they are long.

    Parameters
    ----------
    content : a ZIP archive whose members are stored, not compressed, each a NumPy array in format 1.0
    kinds : NumPy's letters of the kinds of values that there may be

    Raises
    ------
    ValueError where it is anything else.
    """
    return {
        name.removesuffix(".npy"): _array(member, kinds) for name, member in stored_archive.members(content).items()
    }


_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([<>|=][a-zA-Z][0-9]{1,6})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:[0-9]{1,12}, ?)*(?:[0-9]{1,12})?)\), \} *\n"
)
_MOST_AXES, _MOST_VALUES = 32, 1 << 31


def _array(member: memoryview, kinds: str) -> Array:
    """One array in NumPy's format 1.0, whose header is held against the bytes that follow it before either is used."""
    start = len(_MAGIC) + 2
    length = int.from_bytes(member[len(_MAGIC) : start], "little")
    header = _HEADER.fullmatch(member[start : start + length])
    if member[: len(_MAGIC)] != _MAGIC or header is None:
        raise ValueError("not an array in NumPy's format 1.0")
    try:
        kind = np.dtype(header[1].decode())
    except TypeError as error:
        raise ValueError("an array of a kind that there is not") from error
    shape = tuple(int(axis) for axis in header[3].decode().split(",") if axis.strip())
    if kind.kind not in kinds or kind.itemsize == 0 or len(shape) > _MOST_AXES:
        raise ValueError("an array of a kind that is not read here")
    # Python's whole numbers do not overflow. An axis of none must not make room for any length of the others.
    fits = math.prod(shape) * kind.itemsize == len(member) - start - length
    if not fits or math.prod(max(axis, 1) for axis in shape) > _MOST_VALUES:
        raise ValueError("an array's shape is not that of its bytes")
    values = np.frombuffer(member, kind, offset=start + length).copy()
    return values.reshape(shape, order="F" if header[2] == b"True" else "C")


def pack_symmetric(matrices: Array) -> Array:
    """Upper triangles of symmetric matrices.

    Parameters
    ----------
    matrices : (..., p, p)

    Returns
    -------
    (..., p (p + 1) / 2), row by row
    """
    rows, columns = np.triu_indices(matrices.shape[-1])
    return matrices[..., rows, columns]


def unpack_symmetric(packed: Array) -> Array:
    """Undo `pack_symmetric`."""
    size = int((np.sqrt(8 * packed.shape[-1] + 1) - 1) // 2)
    rows, columns = np.triu_indices(size)
    matrices = np.zeros((*packed.shape[:-1], size, size), packed.dtype)
    matrices[..., rows, columns] = packed
    matrices[..., columns, rows] = packed
    return matrices
