"""PyRadiomics behind one function: voxels, regions and settings in, named features out."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from radiomics.featureextractor import RadiomicsFeatureExtractor

from client.radiomics.missing import Missing
from client.radiomics.settings import Settings
from shared import document

logging.getLogger("radiomics").setLevel(logging.CRITICAL)

SpacingMm = tuple[float, float, float]


@dataclass(frozen=True)
class Features:
    """Named features of one region; what has no value is NaN and has a reason."""

    values: dict[str, float]
    missing: dict[str, Missing] = field(default_factory=dict)
    excluded_voxels: int = 0
    """Voxels of the region that had no value and were left out."""

    @classmethod
    def none(cls, names: tuple[str, ...], why: Missing) -> "Features":
        """Every feature missing, for one reason."""
        return cls(dict.fromkeys(names, float("nan")), dict.fromkeys(names, why))


def extract(
    voxels: NDArray[np.generic],
    spacing_mm: SpacingMm | None,
    regions: Mapping[str, NDArray[np.generic]],
    settings: Settings,
) -> dict[str, Features]:
    """Features of each region of an image or map.

    Parameters
    ----------
    voxels : (z, y, x) image in arbitrary units, or map in its unit; NaN where it has no value
    spacing_mm : size of a voxel along each axis of the array; None where nobody knows
    regions : name -> (z, y, x) mask, non-zero inside
    settings : what is taken and how

    Returns
    -------
    region -> features, all names of the settings in the same order for every region
    """
    names = feature_names(settings)
    if spacing_mm is None or not all(np.isfinite(spacing_mm)) or min(spacing_mm) <= 0:
        return {region: Features.none(names, Missing.NO_SPACING) for region in regions}
    extractor = RadiomicsFeatureExtractor(_parameters(settings), additionalInfo=False)
    found = {}
    for region, mask in regions.items():
        why, inside, excluded = _usable(voxels, mask, settings)
        if why is not None:
            found[region] = Features.none(names, why)
            continue
        image = sitk.GetImageFromArray(np.where(np.isfinite(voxels), voxels, 0).astype(voxels.dtype))
        label = sitk.GetImageFromArray(inside.astype(np.uint8))
        image.SetSpacing(spacing_mm[::-1])
        label.SetSpacing(spacing_mm[::-1])
        try:
            taken = {name: float(value) for name, value in extractor.execute(image, label).items()}
        except ValueError:
            found[region] = Features.none(names, Missing.UNDEFINED)
            continue
        values = {name: taken.get(name, float("nan")) for name in names}
        missing = {name: Missing.UNDEFINED for name, value in values.items() if not np.isfinite(value)}
        found[region] = Features(values, missing, excluded)
    return found


@lru_cache(maxsize=64)
def _names(canonical: bytes) -> tuple[str, ...]:
    """Names as PyRadiomics gives them for a small random cube; they do not depend on the discretisation."""
    parameters = json.loads(canonical)
    parameters["setting"] |= {"binCount": 8, "resampledPixelSpacing": None}
    rng = np.random.default_rng(0)
    image = sitk.GetImageFromArray(rng.normal(100, 10, size=(40, 40, 40)))
    mask = np.zeros((40, 40, 40), np.uint8)
    mask[18:22, 18:22, 18:22] = 1
    extractor = RadiomicsFeatureExtractor(parameters, additionalInfo=False)
    return tuple(extractor.execute(image, sitk.GetImageFromArray(mask)))


def feature_names(settings: Settings) -> tuple[str, ...]:
    """Names of all features that the settings ask for, in PyRadiomics' order."""
    return _names(document.canonical(_parameters(settings)))


def _parameters(settings: Settings) -> dict[str, object]:
    return {
        "setting": settings.setting,
        "imageType": settings.image_types,
        "featureClass": settings.feature_classes,
    }


def _usable(
    voxels: NDArray[np.generic], mask: NDArray[np.generic], settings: Settings
) -> tuple[Missing | None, NDArray[np.bool_], int]:
    """Why a region cannot be used, or None; its voxels with a value; how many had none."""
    inside = mask != 0
    if mask.shape != voxels.shape:
        return Missing.GRIDS_DIFFER, inside, 0
    if not inside.any():
        return Missing.EMPTY_REGION, inside, 0
    if np.unique(mask[inside]).size > 1:
        return Missing.SEVERAL_LABELS, inside, 0
    valued = inside & np.isfinite(voxels)
    excluded = int(inside.sum() - valued.sum())
    if excluded > settings.maximum_undefined_share * inside.sum():
        return Missing.NOT_FINITE, valued, excluded
    extent = [int(np.ptp(axis)) + 1 for axis in np.nonzero(valued)]
    if max(extent) == 1:
        return Missing.ONE_VOXEL, valued, excluded
    if min(extent) == 1 and not settings.setting["force2D"]:
        return Missing.SINGLE_SLICE, valued, excluded
    if np.ptp(voxels[valued]) == 0:
        return Missing.CONSTANT, valued, excluded
    return None, valued, excluded
