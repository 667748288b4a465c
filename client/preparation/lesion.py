"""What networks are given of a patient: aligned channels around the lesion, and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from shared import arrays as files
from shared.errors import Code, MrfedError
from shared.sections.network import Input

if TYPE_CHECKING:
    from client.preparation.patient_features import Measurable  # SimpleITK and PyRadiomics, where images are prepared


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

    def within_reach(self, seen: Input) -> "Lesion":
        """The part that any crop of the study's extent can need.

        It is the lesion's box, wider by half a crop's edge: in 2D the crop's centre is that of the lesion in one slice.
        """
        spacing, places = np.array(self.spacing_mm), np.argwhere(self.inside)
        low, high = places.min(axis=0), places.max(axis=0) + 1
        reach = np.ceil(seen.edge_mm((high - low) * spacing) / 2 / spacing).astype(int) + 1
        # a crop of this and of the whole images round the same halves where this begins at an even voxel
        first = np.maximum(low - reach, 0) // 2 * 2
        box = tuple(slice(int(start), int(stop)) for start, stop in zip(first, high + reach, strict=True))
        return Lesion(self.channels[(slice(None), *box)].copy(), self.names, self.inside[box], self.spacing_mm)

    def save(self, path: Path, key: str) -> None:
        """Keep it, whole or not at all.

        Parameters
        ----------
        path : of the file
        key : of the files and settings that it was made of
        """
        files.save(
            path,
            {
                "key": np.array(key),
                "channels": self.channels,
                "names": np.array(self.names),
                "inside": np.packbits(self.inside),
                "shape": np.array(self.inside.shape),
                "spacing_mm": np.array(self.spacing_mm),
            },
        )


def around(patient: "Measurable", seen: Input, where: str) -> Lesion:
    """What is kept of a patient's images and maps: enough around the lesion for any crop of the study's extent.

    Parameters
    ----------
    patient : aligned images, maps and the lesion
    seen : names the channels, and how far a crop reaches
    where : whom messages are about

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) where nothing is marked as lesion; (`DATA_MISSING`) where a channel is not there.
    """
    volumes = {**patient.images, **patient.maps}
    if missing := [name for name in seen.channels if name not in volumes]:
        raise MrfedError(
            Code.DATA_MISSING,
            f"patient {where}: no image or map is called {missing[0]}; there are {', '.join(volumes)}; correct "
            "network.input.channels",
        )
    if not patient.tumour.any():
        raise MrfedError(Code.DATA_INCONSISTENT, f"patient {where}: nothing is marked as lesion; correct the mask")
    columns, rows, slices = volumes[seen.channels[0]].geometry.spacing_mm
    channels = np.stack([volumes[name].voxels for name in seen.channels])
    return Lesion(channels, seen.channels, patient.tumour.astype(bool), (slices, rows, columns)).within_reach(seen)


def beside(record: Path) -> Path:
    """Where a patient's lesion lies: beside her record."""
    return record.with_suffix(".lesion.npz")


def holds(path: Path, key: str) -> bool:
    """Whether a lesion that was made of the same files and settings is there, and whole."""
    try:
        return str(files.load(path)["key"]) == key
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return False


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
    shape = tuple(int(length) for length in held["shape"])
    inside = np.unpackbits(np.asarray(held["inside"], dtype=np.uint8), count=int(np.prod(shape)))
    x, y, z = (float(millimetres) for millimetres in held["spacing_mm"])
    return Lesion(
        channels=np.asarray(held["channels"], dtype=np.float32),
        names=tuple(str(name) for name in held["names"]),
        inside=inside.reshape(shape).astype(bool),
        spacing_mm=(x, y, z),
    )
