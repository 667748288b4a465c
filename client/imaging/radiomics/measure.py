"""Features of the usable regions of one image: each filter once for all regions that share their voxels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from radiomics import imageoperations

from client.imaging.radiomics.box import Box, Mask, bounding_box, union, within
from client.imaging.radiomics.domain import Domain, domains, fill_undefined
from client.imaging.radiomics.families import intensity_features
from client.imaging.radiomics.features import Measured
from client.imaging.radiomics.filters import responses
from client.imaging.radiomics.ibsi.measure import measure_ibsi
from client.imaging.radiomics.ibsi.settings import IbsiSettings
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.plugin_features import plugin_features
from client.imaging.radiomics.resampling import SpacingMm, as_array, as_image
from client.imaging.radiomics.settings import AnySettings, Settings
from client.imaging.radiomics.shape import shape_features
from client.imaging.radiomics.usable import unfit_region, unfit_values


def measure(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, regions: Mapping[str, Mask], settings: AnySettings
) -> dict[str, Measured | Missing]:
    """Features of usable regions, those of plug-ins included.

    Parameters
    ----------
    voxels : (z, y, x), finite in all regions
    spacing_mm : along each axis of the array
    regions : name -> (z, y, x) mask
    settings : what is taken and how

    Returns
    -------
    region -> features by name, or why there are none on the resampled grid
    """
    if isinstance(settings, IbsiSettings):
        measured = measure_ibsi(voxels, spacing_mm, regions, settings)
    else:
        measured = _measure_pyradiomics(voxels, spacing_mm, regions, settings)
    usable = {region: inside for region, inside in regions.items() if isinstance(measured[region], dict)}
    for request in settings.plugins if usable else ():
        for region, features in plugin_features(voxels, spacing_mm, usable, request, settings).items():
            of_region = measured[region]
            assert isinstance(of_region, dict)
            of_region |= features
    return measured


def _measure_pyradiomics(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, regions: Mapping[str, Mask], settings: Settings
) -> dict[str, Measured | Missing]:
    filled = fill_undefined(voxels, union(bounding_box(inside) for inside in regions.values()))
    measured: dict[str, Measured | Missing] = {}
    groups: dict[int, dict[str, Domain]] = {}
    for region, domain in domains(filled, spacing_mm, regions, settings.setting).items():
        why = unfit_region(domain.inside, settings)
        if why is None:
            groups.setdefault(id(domain.voxels), {})[region] = domain
        else:
            measured[region] = why
    for group in groups.values():
        measured |= _measure_together(group, settings)
    return measured


def _measure_together(group: Mapping[str, Domain], settings: Settings) -> dict[str, Measured | Missing]:
    """Features of regions that lie in the same voxels."""
    measured: dict[str, Measured | Missing] = {}
    textured: dict[str, tuple[Mask, Box, Measured]] = {}
    for region, domain in group.items():
        inside = _resegmented(domain, settings.setting)
        why = unfit_region(inside, settings) or unfit_values(domain.voxels, inside)
        if why is not None:
            measured[region] = why
            continue
        box = bounding_box(inside)
        of_shape = inside if settings.setting.get("resegmentShape") else domain.inside
        measured[region] = features = shape_features(of_shape[box], domain.spacing_mm, settings)
        textured[region] = inside[box], box, features
    if not textured:
        return measured
    some = next(iter(group.values()))
    around = union(box for _, box, _ in textured.values())
    everywhere = np.logical_or.reduce([domain.inside for domain in group.values()])
    for name, response, setting in responses(some.voxels, some.spacing_mm, everywhere, around, settings):
        for inside, box, features in textured.values():
            part = response[within(box, around)]
            for feature, value in intensity_features(part, some.spacing_mm, inside, settings.feature_classes, setting):
                features[f"{name}_{feature}"] = value
    return measured


def _resegmented(domain: Domain, setting: Mapping[str, Any]) -> Mask:
    """The region without the voxels outside the intensity range that the settings give."""
    if setting.get("resegmentRange") is None:
        return domain.inside
    image = as_image(domain.voxels, domain.spacing_mm)
    label = as_image(domain.inside.astype(np.uint8), domain.spacing_mm)
    try:
        kept = imageoperations.resegmentMask(image, label, **{**setting, "label": 1})
    except ValueError:  # fewer than two voxels are left
        return np.zeros_like(domain.inside)
    return np.asarray(as_array(kept) != 0)
