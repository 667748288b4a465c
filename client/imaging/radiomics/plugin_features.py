"""Features of a plug-in, under the rules that hold for all features: same grid, cropped, failures named."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask, bounding_box, grown
from client.imaging.radiomics.domain import Domain, domains
from client.imaging.radiomics.features import Measured
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.plugin import Cut, FeaturePlugin, load
from client.imaging.radiomics.resampling import SpacingMm
from client.imaging.radiomics.usable import unfit_values
from shared.sections.radiomics import Plugin

log = logging.getLogger(__name__)


def plugin_features(
    voxels: NDArray[np.floating],
    spacing_mm: SpacingMm,
    regions: Mapping[str, Mask],
    request: Plugin,
    setting: Mapping[str, Any],
) -> dict[str, Measured]:
    """Features of one plug-in in each region, as `original_plugin_Feature`.

    Parameters
    ----------
    voxels : (z, y, x), finite
    spacing_mm : along each axis of the array
    regions : name -> usable (z, y, x) mask
    request : the plug-in and its settings
    setting : PyRadiomics' global settings, for normalization and resampling
    """
    plugin = load(request.name)
    settings = plugin.settings(request.settings, request.name)
    target_mm = setting.get("resampledPixelSpacing") or spacing_mm
    reach_mm = plugin.reach_mm(settings, tuple(new or old for new, old in zip(target_mm, spacing_mm, strict=True)))
    pad = int(np.ceil(reach_mm / min(mm for mm in (*target_mm, *spacing_mm) if mm)))
    found = {}
    for region, domain in domains(voxels, spacing_mm, regions, {**setting, "padDistance": pad}).items():
        names = [f"original_{request.name}_{name}" for name in plugin.names(settings)]
        values = _of_region(domain, plugin, settings, reach_mm, request.name)
        of_region: Measured = {}
        for number, one in enumerate(names):
            of_region[one] = values if isinstance(values, Missing) else values[number]
        found[region] = of_region
    return found


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
        ordered = [float(values[one]) for one in plugin.names(settings)]
    except Exception:  # a plug-in's fault costs its own features, not the patient
        log.exception("plug-in %s failed", name)
        return Missing.PLUGIN_FAILED
    return [value if np.isfinite(value) else Missing.UNDEFINED for value in ordered]
