"""Every map that a study asks for of one patient."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from client.imaging.ingest.mapping import Role
from client.imaging.ingest.patient_images import Gathered
from client.imaging.maps.acquisition import Acquisition, Diffusion, Dynamic, Series, VendorMap
from client.imaging.maps.quantity import FitQuality, Quantity
from client.imaging.maps.registry import compute
from client.imaging.maps.repeated_series import repeated_series
from client.imaging.preprocess.images import PatientImages
from client.imaging.volume import Mask, Volume, Voxels
from shared.sections.maps import VendorQuantity
from shared.sections.sequence import QUANTITATIVE
from shared.study.study import Study


@dataclass(frozen=True)
class PatientMaps:
    """What the maps of a patient gave.

    Parameters
    ----------
    volumes : quantity -> map
    quantities : quantity -> its unit and physiological range
    scalars : numbers of the whole patient
    fits : model -> how well it fitted, where one was fitted
    """

    volumes: dict[str, Volume] = field(default_factory=dict)
    quantities: dict[str, Quantity] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)
    fits: dict[str, FitQuality] = field(default_factory=dict)


@dataclass(frozen=True)
class Readable:
    """A patient's images as maps read them.

    Parameters
    ----------
    images : on one grid; phases and diffusion-weighted images are parts of the series' arrays, and what maps alone
        read is gone
    series : signals with repeats on the last axis
    """

    images: PatientImages
    series: tuple[Series, ...]


def readable(gathered: Gathered, images: PatientImages) -> Readable:
    """Make series of a patient's images, without holding any image twice.

    Parameters
    ----------
    gathered : how the images were made
    images : on one grid
    """
    series: list[Series] = []
    dynamic, signal = _together(images.dynamic)
    if dynamic:
        assert gathered.timing is not None
        assert gathered.timing.seconds is not None
        series.append(
            Dynamic(
                signal=signal,
                seconds=gathered.timing.seconds,
                timing_assumed=gathered.timing.assumed,
                tr_ms=gathered.example.tr_ms,
                flip_angle_deg=gathered.example.flip_angle_deg,
                field_t=gathered.example.field_t,
            )
        )
    diffusion, signal = _together(images.diffusion)
    if diffusion:
        series.append(Diffusion(signal=signal, b_values=gathered.b_values))
    vendors = {
        VendorQuantity(sequence): VendorMap(VendorQuantity(sequence), volume.voxels, volume.unit)
        for sequence, volume in images.single.items()
        if sequence in QUANTITATIVE
    }
    series += vendors.values()
    for sequence, volumes in images.repeated.items():
        signal = _together(volumes)[1]
        made = gathered.made[sequence]
        series.append(repeated_series(sequence, signal, made, gathered.mapping, vendors, images.where))
    return Readable(replace(images, dynamic=dynamic, diffusion=diffusion, repeated={}), tuple(series))


def patient_maps(patient: Readable, study: Study, regions: Mapping[Role, Mask]) -> PatientMaps:
    """Compute every map that a study asks for.

    Raises
    ------
    MrfedError naming the patient, and what a map lacks.
    """
    grid = patient.images.grid
    acquired = Acquisition(
        where=patient.images.where,
        series=patient.series,
        regions={role.value: mask for role, mask in regions.items()},
        voxel_volume_ml=grid.voxel_volume_ml,
    )
    maps = PatientMaps()
    for request in study.maps:
        result = compute(request, acquired)
        for volume in result.volumes:
            voxels = np.asarray(volume.values, dtype=np.float32)
            maps.volumes[volume.quantity.name] = Volume(voxels, grid, volume.quantity.unit)
            maps.quantities[volume.quantity.name] = volume.quantity
        maps.scalars.update({scalar.name: scalar.value for scalar in result.scalars})
        if result.fit is not None:
            maps.fits[request.name.value] = result.fit
    return maps


def _together(volumes: tuple[Volume, ...]) -> tuple[tuple[Volume, ...], Voxels]:
    """Volumes as parts of one array, and that array (z, y, x, n): maps read it whole, without a copy of their own."""
    if not volumes:
        return (), np.empty(0, dtype=np.float32)
    parts = np.stack([volume.voxels for volume in volumes])
    joined = tuple(replace(volume, voxels=part) for volume, part in zip(volumes, parts, strict=True))
    return joined, np.moveaxis(parts, 0, -1)
