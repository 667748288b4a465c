"""A crop around the lesion on the study's grid, by MONAI's transforms."""

from collections.abc import Mapping

import numpy as np
from monai.transforms import BorderPad, Compose, NormalizeIntensity, Resize, SpatialCrop
from numpy.typing import NDArray

from client.imaging.preprocess.nyul import landmarks, mapped
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.volume import Geometry, Volume
from client.preparation.lesion import Lesion
from shared.errors import Code, MrfedError
from shared.sections.network import Input

Images = NDArray[np.float32]
Inside = NDArray[np.bool_]
Standards = Mapping[str, tuple[float, ...]]

PIPELINE = 1
"""Raised when a crop changes that the settings do not tell of: it is part of the cache's key."""


def crop(lesion: Lesion, seen: Input, where: str, standards: Standards | None = None) -> tuple[Images, Inside]:
    """What the network sees of one patient.

    Parameters
    ----------
    lesion : aligned channels
    seen : the study's input
    where : whom messages are about
    standards : of each channel, landmarks of the standard histogram onto which it is mapped first

    Returns
    -------
    (stacked channels, [slices,] rows, columns) and, on the same grid, where the lesion is

    Raises
    ------
    MrfedError (`DATA_MISSING`) where a channel is not there; (`DATA_INCONSISTENT`) where it is not finite, or nothing
    is marked as lesion.
    """
    channels, inside = _chosen(lesion, seen, where), lesion.inside
    spacing = np.array(lesion.spacing_mm)
    if not inside.any():
        raise MrfedError(Code.DATA_INCONSISTENT, f"{where}: the mask marks no lesion; correct the mask")
    if standards is not None:
        channels = np.stack(
            [_standard(channel, standards[name]) for channel, name in zip(channels, seen.channels, strict=True)]
        )
    if seen.dimensions != "3d":
        middle = int(np.argmax(inside.sum(axis=(1, 2))))
        around = seen.neighbours if seen.dimensions == "2.5d" else 0
        slices = np.clip(np.arange(middle - around, middle + around + 1), 0, len(inside) - 1)
        # channel by channel, each with its slices in order
        channels = channels[:, slices].reshape(-1, *channels.shape[2:])
        inside, spacing = np.asarray(inside[middle]), spacing[1:]
    change, mask = _onto_grid(inside, spacing, seen)
    images = np.asarray(change(channels), dtype=np.float32)
    if seen.intensity == "zscore":
        images = np.asarray(NormalizeIntensity(channel_wise=True)(images), dtype=np.float32)
    marked = np.asarray(mask(inside[np.newaxis].astype(np.float32)))
    return images, np.asarray(marked[0] >= 0.5)


def _chosen(lesion: Lesion, seen: Input, where: str) -> Images:
    missing = [name for name in seen.channels if name not in lesion.names]
    if missing:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{where}: no channel {missing[0]}; there are {', '.join(lesion.names)}; correct network.input.channels",
        )
    channels = lesion.channels[[lesion.names.index(name) for name in seen.channels]]
    # maps have no value where they cannot be fitted
    bad = ~np.isfinite(channels)
    if np.asarray(bad.any(axis=0))[lesion.inside].mean() > 0.5:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: more than half of the lesion has no finite value in some channel; look at "
            "its maps with mrfed-site review, or leave that channel out of network.input.channels",
        )
    return np.where(bad, np.float32(0), channels)


def _standard(channel: Images, standard: tuple[float, ...]) -> Images:
    """A channel with the landmarks of its tissue moved onto the standard ones."""
    size = channel.shape[2], channel.shape[1], channel.shape[0]
    volume = Volume(channel, Geometry(size, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)))
    return mapped(volume, own_landmarks(channel), np.array(standard)).voxels


def own_landmarks(channel: Images) -> NDArray[np.float64]:
    """(11,) landmarks of a channel's tissue, from which the standard histogram is learned."""
    size = channel.shape[2], channel.shape[1], channel.shape[0]
    volume = Volume(channel, Geometry(size, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)))
    tissue = channel > otsu_threshold(channel)
    return landmarks(volume, tissue if tissue.any() else np.ones_like(tissue))


def _onto_grid(inside: Inside, spacing_mm: NDArray[np.float64], seen: Input) -> tuple[Compose, Compose]:
    """Transforms of the channels and of the mask: a cube about the lesion's box, resampled to the study's size."""
    places = np.argwhere(inside)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    size = np.maximum(np.rint(seen.edge_mm((high - low) * spacing_mm) / spacing_mm).astype(int), 2)
    first = np.rint((low + high) / 2 - size / 2).astype(int)
    before, after = np.maximum(-first, 0), np.maximum(first + size - inside.shape, 0)
    # border values beyond the field of view: zeros would make an edge that is not there
    pads = [int(width) for pair in zip(before, after, strict=True) for width in pair]
    start = first + before
    cut = SpatialCrop(roi_start=start.tolist(), roi_end=(start + size).tolist())
    smooth = "trilinear" if seen.spatial == 3 else "bilinear"

    def transform(pad: str, mode: str, anti_aliasing: bool) -> Compose:
        return Compose([BorderPad(pads, mode=pad), cut, Resize(seen.size, mode=mode, anti_aliasing=anti_aliasing)])

    return transform("edge", smooth, True), transform("constant", "nearest", False)
