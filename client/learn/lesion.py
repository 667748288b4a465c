"""What networks are given of a patient: aligned channels around the lesion, and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from shared import arrays as files
from shared.errors import Code, MrfedError


@dataclass(frozen=True)
class Lesion:
    """Aligned images of one patient.

    Parameters
    ----------
    channels : (channels, slices, rows, columns) float32, by `names`
    names : of the channels
    inside : (slices, rows, columns) the lesion, or its box where nobody drew it
    spacing_mm : between slices, rows and columns
    """

    channels: NDArray[np.float32]
    names: tuple[str, ...]
    inside: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]

    def save(self, path: Path) -> None:
        """Keep it, whole or not at all."""
        files.save(
            path,
            {
                "channels": self.channels,
                "names": np.array(self.names),
                "inside": np.packbits(self.inside),
                "shape": np.array(self.inside.shape),
                "spacing_mm": np.array(self.spacing_mm),
            },
        )


def load(path: Path, where: str) -> Lesion:
    """Read what `Lesion.save` wrote.

    Parameters
    ----------
    where : whom messages are about

    Raises
    ------
    MrfedError (`DATA_MISSING`, `DATA_UNREADABLE`) where it is not there or broken.
    """
    try:
        return _unpack(files.load(path))
    except FileNotFoundError as error:
        raise MrfedError(Code.DATA_MISSING, f"{where}: no prepared volumes; run mrfed-site prepare first") from error
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{where}: the prepared volumes are broken ({path.name}); remove and prepare anew"
        ) from error


def _unpack(held: Mapping[str, NDArray[np.generic]]) -> Lesion:
    shape = tuple(int(one) for one in held["shape"])
    inside = np.unpackbits(np.asarray(held["inside"], dtype=np.uint8), count=int(np.prod(shape)))
    x, y, z = (float(one) for one in held["spacing_mm"])
    return Lesion(
        channels=np.asarray(held["channels"], dtype=np.float32),
        names=tuple(str(one) for one in held["names"]),
        inside=inside.reshape(shape).astype(bool),
        spacing_mm=(x, y, z),
    )
