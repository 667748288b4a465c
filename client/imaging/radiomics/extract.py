"""Features behind one function: voxels, regions and settings in, named features out.

The numbers are those of PyRadiomics on the whole image, or those of IBSI's definitions. Only the work differs:
filters run once for all regions of an image and only where a region lies, and grey levels are found once for all
feature classes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.features import Features
from client.imaging.radiomics.measure import measure
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.names import feature_names
from client.imaging.radiomics.settings import AnySettings
from client.imaging.radiomics.usable import region_of, unfit_region, unfit_values


def extract(
    voxels: NDArray[Any],
    spacing_mm: tuple[float, float, float] | None,
    regions: Mapping[str, NDArray[Any]],
    settings: AnySettings,
) -> dict[str, Features]:
    """Features of each region of an image or map.

    Parameters
    ----------
    voxels : (z, y, x) image in arbitrary units, or map in its unit; NaN where it has no value
    spacing_mm : size of a voxel along x, y, z; None where nobody knows
    regions : name -> (z, y, x) mask, non-zero inside
    settings : what is taken and how

    Returns
    -------
    region -> features, all names of the settings in the same order for every region

    Notes
    -----
    As in PyRadiomics, an image of integers stays one when it is resampled: give real numbers where that matters.
    """
    names = feature_names(settings)
    if spacing_mm is None or not np.all(np.isfinite(spacing_mm)) or min(spacing_mm) <= 0:
        return {region: Features.none(names, Missing.NO_SPACING) for region in regions}
    spacing_zyx = tuple(float(mm) for mm in spacing_mm[::-1])
    checked = {region: _valued_voxels(voxels, mask, settings) for region, mask in regions.items()}
    usable = {region: outcome[0] for region, outcome in checked.items() if not isinstance(outcome, Missing)}
    measured = measure(voxels, spacing_zyx, usable, settings) if usable else {}
    features = {}
    for region, outcome in checked.items():
        values = outcome if isinstance(outcome, Missing) else measured[region]
        if isinstance(outcome, Missing) or isinstance(values, Missing):
            assert isinstance(values, Missing)
            features[region] = Features.none(names, values)
        else:
            assert not isinstance(values, tuple)
            features[region] = Features.of(
                {name: values.get(name, _not_offered(name)) for name in names}, excluded_voxels=outcome[1]
            )
    return features


def _valued_voxels(voxels: NDArray[Any], mask: NDArray[Any], settings: AnySettings) -> tuple[Mask, int] | Missing:
    """Voxels of a region that have a value, and how many had none; or why the region cannot be used."""
    if mask.shape != voxels.shape:
        return Missing.GRIDS_DIFFER
    inside = region_of(mask)
    if isinstance(inside, Missing):
        return inside
    valued = inside & np.isfinite(voxels)
    count, excluded = int(inside.sum()), int((inside & ~valued).sum())
    if excluded > settings.maximum_undefined_share * count:
        return Missing.NOT_FINITE
    return unfit_region(valued, settings) or unfit_values(voxels, valued) or (valued, excluded)


def _not_offered(name: str) -> Missing:
    """Why PyRadiomics gives no value for a name: a filter larger than the image, or a shape without sense."""
    return Missing.UNDEFINED if "_shape" in name else Missing.IMAGE_TOO_SMALL
