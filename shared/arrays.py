"""Named arrays, as they travel and as they lie on disk."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shared.files import durable_file

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


def from_bytes(content: bytes) -> dict[str, Array]:
    """Undo `to_bytes`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


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
