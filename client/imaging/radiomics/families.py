"""PyRadiomics' feature classes over one filtered image, discretized once for all of them."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from radiomics import getFeatureClasses

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.grey_levels import GreyLevels, grey_levels, number_of_bins
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.resampling import SpacingMm, as_image

# 1000 levels make a co-occurrence matrix of 100 MB over the 13 directions.
_MOST_GREY_LEVELS = 1000
# First-order features of the discretized image.
_DISCRETIZED = {"Entropy", "Uniformity"}


def intensity_features(
    voxels: NDArray[np.floating],
    spacing_mm: SpacingMm,
    inside: Mask,
    feature_classes: Mapping[str, list[str]],
    setting: Mapping[str, Any],
) -> Iterator[tuple[str, float | Missing]]:
    """Features of all classes but shape, as `class_Feature`.

    Parameters
    ----------
    voxels : (z, y, x) filtered image, cropped to the region
    spacing_mm : along each axis of the array
    inside : (z, y, x) region
    feature_classes : class -> features, an empty list for all
    setting : PyRadiomics' settings

    Yields
    ------
    name, value or why there is none
    """
    values = voxels[inside]
    classes = {name: chosen for name, chosen in feature_classes.items() if not name.startswith("shape")}
    bins = {"bin_width": setting.get("binWidth", 25), "bin_count": setting.get("binCount")}
    without_texture = None
    if values.min() == values.max():
        for name, chosen in classes.items():
            for feature in chosen or _every_feature(name):
                yield f"{name}_{feature}", Missing.CONSTANT
        return
    if number_of_bins(values, **bins) > _MOST_GREY_LEVELS:
        without_texture = Missing.TOO_MANY_GREY_LEVELS
        levels = GreyLevels(inside.astype(np.int_), np.array([1]))
    else:
        levels = grey_levels(voxels, inside, **bins)
        if len(levels.present) == 1:
            without_texture = Missing.ONE_GREY_LEVEL
    image, mask = as_image(voxels, spacing_mm), as_image(inside.astype(np.uint8), spacing_mm)
    for name, chosen in classes.items():
        if without_texture is not None and name != "firstorder":
            for feature in chosen or _every_feature(name):
                yield f"{name}_{feature}", without_texture
            continue
        family = _discretized(name)(image, mask, **{**setting, "label": 1, "grey_levels": levels})
        for feature in chosen:
            family.enableFeatureByName(feature)
        for feature, value in family.execute().items():
            if without_texture is not None and feature in _DISCRETIZED:
                yield f"{name}_{feature}", without_texture
            else:
                yield f"{name}_{feature}", float(value) if np.isfinite(value) else Missing.UNDEFINED


def _every_feature(name: str) -> list[str]:
    names = getFeatureClasses()[name].getFeatureNames()
    return [feature for feature, deprecated in names.items() if not deprecated]


@cache
def _discretized(name: str) -> Any:
    """The feature class, taking grey levels that are already there instead of finding them again."""
    family = getFeatureClasses()[name]
    return type(family.__name__, (_Discretized, family), {"__module__": family.__module__})


class _Discretized:
    """What replaces the discretization of a PyRadiomics feature class."""

    settings: Mapping[str, Any]
    coefficients: dict[str, Any]

    def _applyBinning(self, matrix: NDArray[np.floating]) -> NDArray[np.int_]:  # noqa: N802, ARG002
        levels: GreyLevels = self.settings["grey_levels"]
        self.coefficients["grayLevels"] = levels.present
        self.coefficients["Ng"] = int(levels.present.max())
        return levels.matrix

    @staticmethod
    def _moment(values: NDArray[np.floating], moment: int = 1) -> NDArray[np.floating]:
        """Central moments of first-order features; products instead of `power`, which is slow."""
        deviation = values - values.mean(axis=1, keepdims=True)
        return np.asarray(np.multiply.reduce([deviation] * moment).mean(axis=1))
