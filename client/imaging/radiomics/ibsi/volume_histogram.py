"""Features of the cumulative histogram: which share of a region has at least an intensity.

Reference: IBSI reference manual, arXiv:1612.07003, "Intensity-volume histogram features" (P88C).
"""

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.discretization import Bins, level_of
from client.imaging.radiomics.ibsi.intensity_mask import Range

VOLUME_HISTOGRAM = (
    "VolumeAtIntensity10",
    "VolumeAtIntensity90",
    "IntensityAtVolume10",
    "IntensityAtVolume90",
    "VolumeDifference",
    "IntensityDifference",
)


def volume_histogram(values: NDArray[np.floating], bins: Bins, intensity_range: Range) -> dict[str, float]:
    """Features of the intensity-volume histogram.

    Parameters
    ----------
    values : (n,) intensities of a region, not empty
    bins : a size, for intensities with a unit; a number (IBSI: 1000), for those without; neither, where they are
        whole numbers with a unit already
    intensity_range : of re-segmentation, between whose bounds intensities with a unit are counted

    Returns
    -------
    each of `VOLUME_HISTOGRAM`; intensities in levels where the bins are a number, else in the unit of the image
    """
    intensities = np.asarray(values, np.float64)
    low, high = intensity_range
    if bins.count is not None:
        levels, count = level_of(intensities, bins)
        intensity = np.arange(1.0, count + 1)
    else:
        lowest = float(intensities.min()) if low is None else low
        greatest = float(intensities.max()) if high is None else high
        width = 1.0 if bins.width is None else bins.width
        levels, _ = level_of(intensities, Bins(width=width), lowest)
        count = max(int(levels.max()), int((greatest - lowest) // width) + 1)
        centre = 0.0 if bins.width is None else 0.5 * width
        intensity = lowest + np.arange(count) * width + centre
    voxels = np.bincount(levels, minlength=count + 1)[1:]
    volume = 1 - np.concatenate([[0], np.cumsum(voxels)[:-1]]) / len(values)
    span = intensity[-1] - intensity[0]
    fraction = (intensity - intensity[0]) / span if span else np.zeros(count)
    beyond = intensity[-1] + (1.0 if count == 1 else intensity[1] - intensity[0])

    def volume_at(share: float) -> float:
        return float(volume[fraction >= share].max(initial=0))

    def intensity_at(share: float) -> float:
        return float(intensity[volume <= share].min(initial=beyond))

    features = {
        "VolumeAtIntensity10": volume_at(0.1),
        "VolumeAtIntensity90": volume_at(0.9),
        "IntensityAtVolume10": intensity_at(0.1),
        "IntensityAtVolume90": intensity_at(0.9),
    }
    features["VolumeDifference"] = features["VolumeAtIntensity10"] - features["VolumeAtIntensity90"]
    features["IntensityDifference"] = features["IntensityAtVolume10"] - features["IntensityAtVolume90"]
    return features
