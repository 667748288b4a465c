"""Features of a plug-in, under the rules that hold for all features: same grid, cropped, failures named."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask, bounding_box, grown, union
from client.imaging.radiomics.domain import Domain, domains, fill_undefined
from client.imaging.radiomics.features import Measured
from client.imaging.radiomics.ibsi.grid import grid_of
from client.imaging.radiomics.ibsi.measure import ibsi_domains
from client.imaging.radiomics.ibsi.settings import IbsiSettings
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.plugin import Cut, FeaturePlugin, load
from client.imaging.radiomics.resampling import SpacingMm
from client.imaging.radiomics.settings import AnySettings
from client.imaging.radiomics.usable import unfit_values
from shared.sections.radiomics import Plugin

log = logging.getLogger(__name__)


def plugin_features(
    voxels: NDArray[np.floating],
    spacing_mm: SpacingMm,
    regions: Mapping[str, Mask],
    request: Plugin,
    settings: AnySettings,
) -> dict[str, Measured]:
    """Features of one plug-in in each region, as `original_plugin_Feature`.

    Parameters
    ----------
    voxels : (z, y, x), finite in all regions
    spacing_mm : along each axis of the array
    regions : name -> usable (z, y, x) mask
    request : the plug-in and its settings
    settings : for normalization and the grid
    """
    plugin = load(request.name)
    own = plugin.settings(request.settings, request.name)
    wanted_mm = _wanted_mm(settings)
    reach_mm = plugin.reach_mm(own, tuple(new or old for new, old in zip(wanted_mm, spacing_mm, strict=True)))
    by_region = {}
    for region, domain in _domains(voxels, spacing_mm, regions, settings, reach_mm).items():
        names = [f"original_{request.name}_{name}" for name in plugin.names(own)]
        values = _of_region(domain, plugin, own, reach_mm, request.name)
        of_region: Measured = {}
        for number, feature in enumerate(names):
            of_region[feature] = values if isinstance(values, Missing) else values[number]
        by_region[region] = of_region
    return by_region


def _wanted_mm(settings: AnySettings) -> tuple[float | None, ...]:
    """Spacing of the grid along each axis of an array; None where it is the image's own."""
    if isinstance(settings, IbsiSettings):
        return settings.wanted_mm()
    resampled_mm = settings.setting.get("resampledPixelSpacing") or (None, None, None)
    return tuple(mm or None for mm in resampled_mm[::-1])


def _domains(
    voxels: NDArray[np.floating],
    spacing_mm: SpacingMm,
    regions: Mapping[str, Mask],
    settings: AnySettings,
    reach_mm: float,
) -> dict[str, Domain]:
    """The voxels on the grid as far as a plug-in reaches."""
    if isinstance(settings, IbsiSettings):
        grid = grid_of(voxels.shape, spacing_mm, settings.wanted_mm())
        around = tuple(int(np.ceil(reach_mm / mm)) for mm in grid.new_spacing_mm)
        return ibsi_domains(voxels, grid, regions, settings, around)
    filled = fill_undefined(voxels, union(bounding_box(inside) for inside in regions.values()))
    pad = int(np.ceil(reach_mm / min(mm for mm in (*_wanted_mm(settings), *spacing_mm) if mm)))
    return domains(filled, spacing_mm, regions, {**settings.setting, "padDistance": pad})


def _of_region(
    domain: Domain, plugin: FeaturePlugin, settings: Mapping[str, Any], reach_mm: float, name: str
) -> list[float | Missing] | Missing:
    """Values in the order of the plug-in's names, or why there are none."""
    if not domain.inside.any():
        return Missing.TOO_SMALL
    constant = unfit_values(domain.voxels, domain.inside)
    if constant is not None:
        return constant
    box = tuple(
        grown((side,), int(np.ceil(reach_mm / mm)), (length,))[0]
        for side, mm, length in zip(bounding_box(domain.inside), domain.spacing_mm, domain.voxels.shape, strict=True)
    )
    cut = Cut(domain.voxels[box].astype(np.float64), domain.inside[box], domain.spacing_mm)
    try:
        values = plugin.features(cut, settings)
        ordered = [float(values[feature]) for feature in plugin.names(settings)]
    except Exception:  # a plug-in's fault costs its own features, not the patient
        log.exception("plug-in %s failed", name)
        return Missing.PLUGIN_FAILED
    return [value if np.isfinite(value) else Missing.UNDEFINED for value in ordered]
