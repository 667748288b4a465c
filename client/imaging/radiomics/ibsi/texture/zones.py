"""Zones: neighbouring voxels of one grey level, by their number of voxels and by their distance from the border.

Reference: IBSI reference manual, arXiv:1612.07003, "Grey level size zone based features" (9SAK) and "Grey level
distance zone based features" (VMDZ).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.ibsi.discretization import Levels
from client.imaging.radiomics.ibsi.texture.neighbours import Voxels, mean_of, voxel_groups
from client.imaging.radiomics.ibsi.texture.size_matrix import SizeMatrices, named, size_features
from shared.sections.ibsi import Aggregation

SIZE_ZONE = {
    "small": "SmallAreaEmphasis",
    "large": "LargeAreaEmphasis",
    "low_level": "LowGrayLevelZoneEmphasis",
    "high_level": "HighGrayLevelZoneEmphasis",
    "small_low_level": "SmallAreaLowGrayLevelEmphasis",
    "small_high_level": "SmallAreaHighGrayLevelEmphasis",
    "large_low_level": "LargeAreaLowGrayLevelEmphasis",
    "large_high_level": "LargeAreaHighGrayLevelEmphasis",
    "level_non_uniformity": "GrayLevelNonUniformity",
    "level_non_uniformity_normalized": "GrayLevelNonUniformityNormalized",
    "size_non_uniformity": "SizeZoneNonUniformity",
    "size_non_uniformity_normalized": "SizeZoneNonUniformityNormalized",
    "percentage": "ZonePercentage",
    "level_variance": "GrayLevelVariance",
    "size_variance": "ZoneVariance",
    "entropy": "ZoneEntropy",
}
DISTANCE_ZONE = {
    "small": "SmallDistanceEmphasis",
    "large": "LargeDistanceEmphasis",
    "low_level": "LowGrayLevelZoneEmphasis",
    "high_level": "HighGrayLevelZoneEmphasis",
    "small_low_level": "SmallDistanceLowGrayLevelEmphasis",
    "small_high_level": "SmallDistanceHighGrayLevelEmphasis",
    "large_low_level": "LargeDistanceLowGrayLevelEmphasis",
    "large_high_level": "LargeDistanceHighGrayLevelEmphasis",
    "level_non_uniformity": "GrayLevelNonUniformity",
    "level_non_uniformity_normalized": "GrayLevelNonUniformityNormalized",
    "size_non_uniformity": "ZoneDistanceNonUniformity",
    "size_non_uniformity_normalized": "ZoneDistanceNonUniformityNormalized",
    "percentage": "ZonePercentage",
    "level_variance": "GrayLevelVariance",
    "size_variance": "ZoneDistanceVariance",
    "entropy": "ZoneDistanceEntropy",
}


def size_zone(levels: Levels, aggregation: Aggregation) -> dict[str, float]:
    """Features of zones by their number of voxels, each of `SIZE_ZONE`."""
    features = []
    for voxels in voxel_groups(levels, aggregation):
        zone, zone_levels = _zones(voxels)
        features.append(_features(voxels, zone_levels, np.bincount(zone)))
    return named(mean_of(features), SIZE_ZONE)


def distance_zone(levels: Levels, shape: Mask, aggregation: Aggregation) -> dict[str, float]:
    """Features of zones by their least distance from the border, each of `DISTANCE_ZONE`.

    Parameters
    ----------
    levels : of the voxels whose intensities are measured
    shape : (z, y, x) the region as drawn, whose border counts
    aggregation : which matrices there are
    """
    away = np.pad(border_distance(shape, aggregation.within_slices), 1).ravel()
    features = []
    for voxels in voxel_groups(levels, aggregation):
        zone, zone_levels = _zones(voxels)
        nearest = np.full(len(zone_levels), np.iinfo(np.int_).max)
        np.minimum.at(nearest, zone, away[voxels.index])
        features.append(_features(voxels, zone_levels, nearest))
    return named(mean_of(features), DISTANCE_ZONE)


def border_distance(shape: Mask, within_slices: bool) -> NDArray[np.int_]:
    """Steps over faces of voxels until a region is left: 1 for the outermost voxels."""
    padded = np.pad(shape, 1)
    if within_slices:
        # in the first and last plane of the margin there is no region, hence nothing to measure
        distance = np.stack([ndimage.distance_transform_cdt(plane, "taxicab") for plane in padded])
    else:
        distance = ndimage.distance_transform_cdt(padded, "taxicab")
    return np.asarray(distance[1:-1, 1:-1, 1:-1], np.int_)


def _features(voxels: Voxels, levels: NDArray[np.int_], sizes: NDArray[np.int_]) -> dict[str, NDArray[np.float64]]:
    return size_features(SizeMatrices.count(np.zeros_like(levels), levels, sizes, np.array([float(len(voxels.index))])))


def _zones(voxels: Voxels) -> tuple[NDArray[np.intp], NDArray[np.int_]]:
    """(n,) zone of each voxel, and (zones,) level of each zone."""
    line, index = voxels.line, voxels.index
    place = np.zeros(len(line), np.intp)
    place[index] = np.arange(len(index))
    firsts, seconds = [], []
    for step in voxels.steps:
        alike = np.flatnonzero(line[index + step] == line[index])
        firsts.append(alike)
        seconds.append(place[index[alike] + step])
    pairs = np.concatenate(firsts), np.concatenate(seconds)
    links = sparse.coo_array((np.ones(len(pairs[0]), np.int8), pairs), shape=(len(index), len(index)))
    count, zone = sparse.csgraph.connected_components(links, directed=False)
    levels = np.zeros(count, np.int_)
    levels[zone] = voxels.levels
    return zone.astype(np.intp), levels
