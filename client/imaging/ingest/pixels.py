"""Pixel data of a stack, scaled to what the numbers mean."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray

from client.imaging.ingest import plain
from client.imaging.ingest.decoding import decoded
from client.imaging.ingest.file_name import is_plain
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.stack import Stack
from client.imaging.volume import Volume
from shared.errors import Code, MrfedError


def load(stack: Stack, folder: Path) -> Volume:
    """Read a stack's pixels.

    Parameters
    ----------
    stack : from the index
    folder : of the exports

    Returns
    -------
    Volume in float32; `a.u.` unless the headers declare a unit

    Raises
    ------
    MrfedError (DATA_UNREADABLE) naming the file whose pixels cannot be decoded or do not fit its header.
    """
    files = _Decoded(folder)
    voxels = np.empty(0, dtype=np.float32)
    for place, frame in enumerate(stack.frames):
        pixels = files.frame(frame)
        if pixels.shape != stack.geometry.shape[1:]:
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"patient {frame.patient}: {frame.path} has pixels {pixels.shape}, "
                f"its header says {stack.geometry.shape[1:]}; export it again",
            )
        if not place:  # only now: a header may claim more than memory holds
            voxels = np.empty(stack.geometry.shape, dtype=np.float32)
        try:
            with np.errstate(over="raise"):
                np.multiply(pixels, frame.slope, out=voxels[place], casting="unsafe")
                voxels[place] += np.float32(frame.intercept)
        except FloatingPointError as error:
            reason = f"has a scale (slope {frame.slope:g}, intercept {frame.intercept:g}) that leads to no number"
            raise _fault(frame.patient, frame.path, reason) from error
    return Volume(voxels, stack.geometry, stack.frames[0].unit or "a.u.")


class _Decoded:
    """The file decoded last: frames of an Enhanced object come one after another from the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: str | None = None
        self._pixels: NDArray[np.generic] = np.empty(0)

    def frame(self, frame: Frame) -> NDArray[np.generic]:
        path, index, patient = frame.path, frame.index, frame.patient
        if path != self._path:
            self._pixels = _decode(self._folder / path, lambda reason: _fault(patient, path, reason))
            self._path = path
        if frame.tile is not None and self._pixels.ndim == 2:
            row, column = frame.tile
            return np.asarray(self._pixels[row : row + frame.rows, column : column + frame.columns])
        if self._pixels.ndim == 2:
            return self._pixels
        if index >= len(self._pixels):
            raise _fault(patient, path, f"has {len(self._pixels)} frames of pixels, frame {index + 1} is asked for")
        return np.asarray(self._pixels[index])


def _decode(path: Path, fault: Callable[[str], MrfedError]) -> NDArray[np.generic]:
    try:
        if is_plain(path.name):
            # slices of all time points one after another, as the frames of a file are numbered
            array = sitk.GetArrayFromImage(plain.image(path))
            return np.asarray(array.reshape(-1, *array.shape[-2:]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd but readable is read
            pixels = decoded(pydicom.dcmread(path, force=True))
    except OSError as error:
        raise fault(f"cannot be opened ({error.strerror})") from error
    except Exception as error:  # decoders raise whatever the damaged bytes lead to
        raise fault(f"has pixels that cannot be decoded ({type(error).__name__})") from error
    return np.asarray(pixels)


def _fault(patient: str, path: str, reason: str) -> MrfedError:
    return MrfedError(Code.DATA_UNREADABLE, f"patient {patient}: {path} {reason}; export it again, uncompressed")
