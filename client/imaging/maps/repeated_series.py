"""Sequences of several images as maps read them: what the headers or the site say of each image, beside the signals."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from client.imaging.ingest.frame import Frame
from client.imaging.ingest.mapping import Mapping as Declarations
from client.imaging.maps.acquisition import Array, Diffusion, DiffusionTimes, FlipAngles, Saturation, Series, VendorMap
from client.imaging.maps.vendor_map import in_unit
from shared.errors import Code, MrfedError
from shared.sections.maps import VendorQuantity
from shared.sections.sequence import Sequence

_HZ_PER_TESLA_AND_PPM = 42.577
"""Of the proton."""

Vendors = Mapping[VendorQuantity, VendorMap]


def repeated_series(
    sequence: Sequence, signal: Array, made: tuple[Frame, ...], declared: Declarations, vendors: Vendors, where: str
) -> Series:
    """A sequence of several images as the series that a map reads.

    Parameters
    ----------
    sequence : which
    signal : (..., n)
    made : (n) a frame of each image
    declared : the site's mapping file
    vendors : the scanner's own maps, among them B1 and B0 where they were measured
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_MISSING) naming what neither the headers nor the mapping file say.
    """
    if sequence is Sequence.DWI_DIRECTIONS:
        b_values = tuple(frame.b_value or 0.0 for frame in made)
        directions = tuple(frame.direction or (0.0, 0.0, 0.0) for frame in made)
        return Diffusion(signal, b_values, directions)
    if sequence is Sequence.FLIP_ANGLES:
        return _flip_angles(signal, made, vendors.get(VendorQuantity.B1), where)
    if sequence is Sequence.DIFFUSION_TIMES:
        return _diffusion_times(signal, declared, where)
    return _saturation(signal, made[0], declared, vendors.get(VendorQuantity.B0), where)


def _flip_angles(signal: Array, made: tuple[Frame, ...], b1: VendorMap | None, where: str) -> FlipAngles:
    angles = [frame.flip_angle_deg for frame in made if frame.flip_angle_deg]
    times = {frame.tr_ms for frame in made}
    tr_ms = made[0].tr_ms
    if len(angles) < len(made) or tr_ms is None or len(times) > 1:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{where}: the flip_angles series needs a flip angle for each image and one repetition time for all; "
            "export it with its headers",
        )
    return FlipAngles(signal, tuple(angles), tr_ms, None if b1 is None else in_unit(b1))


def _diffusion_times(signal: Array, declared: Declarations, where: str) -> DiffusionTimes:
    images = declared.diffusion_times
    _declared_for_each(len(images), signal, "diffusion_times", where)
    return DiffusionTimes(
        signal,
        tuple(image.b_value for image in images),
        tuple(image.frequency_hz for image in images),
        tuple(image.duration_ms for image in images),
        tuple(image.separation_ms for image in images),
    )


def _saturation(signal: Array, example: Frame, declared: Declarations, b0: VendorMap | None, where: str) -> Saturation:
    offsets = declared.saturation.offsets_ppm if declared.saturation else ()
    _declared_for_each(len(offsets), signal, "saturation.offsets_ppm", where)
    saturated = [index for index, offset in enumerate(offsets) if offset is not None]
    plain = [index for index, offset in enumerate(offsets) if offset is None]
    if not plain:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{where}: the saturation series has no image without saturation; export it too, and declare it as null",
        )
    return Saturation(
        signal[..., saturated],
        tuple(offset for offset in offsets if offset is not None),
        np.mean(signal[..., plain], axis=-1),
        None if b0 is None else in_unit(_in_ppm(b0, example.field_t)),
        bool(declared.saturation and declared.saturation.fat_suppressed),
    )


def _in_ppm(b0: VendorMap, field_t: float | None) -> VendorMap:
    """A map of B0 in ppm; scanners write hertz."""
    if b0.unit != "Hz" or not field_t:
        return b0
    return replace(b0, values=b0.values / np.float32(_HZ_PER_TESLA_AND_PPM * field_t), unit="ppm")


def _declared_for_each(count: int, signal: Array, what: str, where: str) -> None:
    if count != signal.shape[-1]:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{where}: {what} in the mapping file declares {count} images, the series has {signal.shape[-1]}; "
            "declare each, in the order of the instance numbers",
        )
