"""Shape of a region: of the mask alone, so once for all images of a patient."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from radiomics import getFeatureClasses

from client.imaging.radiomics.box import Mask, bounding_box
from client.imaging.radiomics.domain import on_grid
from client.imaging.radiomics.features import Features, Measured
from client.imaging.radiomics.ibsi.measure import shape_of_region, shape_on_grid
from client.imaging.radiomics.ibsi.settings import IbsiSettings
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.names import shape_names
from client.imaging.radiomics.resampling import SpacingMm, as_image
from client.imaging.radiomics.settings import AnySettings, Settings
from client.imaging.radiomics.usable import region_of, unfit_region


def shapes(
    spacing_mm: SpacingMm, regions: Mapping[str, NDArray[np.generic]], settings: AnySettings
) -> dict[str, Features]:
    """Shape of each region on the grid that the settings resample to.

    Parameters
    ----------
    spacing_mm : size of a voxel along x, y, z
    regions : name -> (z, y, x) mask, non-zero inside
    settings : resampling and which shape features
    """
    names = shape_names(settings)
    spacing_zyx = tuple(float(mm) for mm in spacing_mm[::-1])
    by_region = {}
    for region, mask in regions.items():
        measured: Measured | Missing | None
        inside = region_of(mask)
        measured = inside if isinstance(inside, Missing) else unfit_region(inside, settings)
        if measured is None:
            assert not isinstance(inside, Missing)
            measured = _measured(inside, spacing_zyx, settings)
        if isinstance(measured, Missing):
            by_region[region] = Features.none(names, measured)
        else:
            by_region[region] = Features.of({name: measured.get(name, Missing.UNDEFINED) for name in names})
    return by_region


def _measured(inside: Mask, spacing_mm: SpacingMm, settings: AnySettings) -> Measured | Missing:
    """Shape of a region on the grid, or why it has none there."""
    if isinstance(settings, IbsiSettings):
        on_own_grid, own_spacing_mm = shape_on_grid(inside, spacing_mm, settings)
        return unfit_region(on_own_grid, settings) or shape_of_region(on_own_grid, own_spacing_mm)
    grid = on_grid(inside, spacing_mm, settings.setting)
    return unfit_region(grid.inside, settings) or shape_features(
        grid.inside[bounding_box(grid.inside)], grid.spacing_mm, settings
    )


def shape_features(inside: Mask, spacing_mm: SpacingMm, settings: Settings) -> Measured:
    """Shape of a region cropped to its box, as `original_shape_Feature`.

    Parameters
    ----------
    inside : (z, y, x)
    spacing_mm : along each axis of the array
    settings : `featureClass` shape, or shape2D for single slices where `force2D` is set
    """
    measured: Measured = {}
    label = as_image(inside.astype(np.uint8), spacing_mm)
    for name, chosen in settings.feature_classes.items():
        if name == "shape" or (name == "shape2D" and settings.setting["force2D"]):
            try:
                shape = getFeatureClasses()[name](label, label, **{**settings.setting, "label": 1})
            except ValueError:  # a region of several slices has no shape in two dimensions
                continue
            for feature in chosen:
                shape.enableFeatureByName(feature)
            for feature, value in shape.execute().items():
                number = float(np.real(value))  # eigenvalues come as complex numbers without imaginary part
                measured[f"original_{name}_{feature}"] = number if np.isfinite(number) else Missing.UNDEFINED
    return measured
