"""A pixelwise intratumoral heterogeneity score, after ITHscore.

Local features of every pixel of the tumour's largest slice, scaled to 0..1, are clustered by k-means. A tumour
whose clusters are single compact areas scores low, one whose clusters are scattered scores high:
ITH = 1 - (1 / S) sum_k A_max,k / n_k, with S the tumour's area, A_max,k the largest 8-connected area of cluster k and
n_k the number of its areas.

Reference: Li et al., Eur Radiol 33 (2023) 348 (ITHscore), with the local features of `pixelwise`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.cluster import KMeans

from client.imaging.radiomics.pixelwise import pixel_features
from client.imaging.radiomics.plugin import Cut, FeaturePlugin

_NAME = "PixelwiseITHScore"
_TOUCHING = np.ones((3, 3))
# Fewer pixels than this for each cluster have no areas to speak of.
_PIXELS_FOR_EACH_CLUSTER = 5


def features(cut: Cut, settings: Mapping[str, Any]) -> dict[str, float]:
    """The score of the region's largest slice; NaN where it is too small."""
    k = int(settings["clusters"])
    largest = int(cut.inside.sum(axis=(1, 2)).argmax())
    inside = cut.inside[largest]
    if inside.sum() < k * _PIXELS_FOR_EACH_CLUSTER:
        return {_NAME: float("nan")}
    local = pixel_features(cut.voxels[largest], inside, int(settings["radius"]), int(settings["levels"]))
    lowest, highest = local.min(axis=0), local.max(axis=0)
    scaled = (local - lowest) / np.where(highest > lowest, highest - lowest, 1)
    labels = np.zeros(inside.shape, int)
    labels[inside] = 1 + KMeans(k, n_init=10, random_state=0).fit_predict(scaled)
    return {_NAME: ith_score(labels)}


def ith_score(labels: NDArray[np.int_]) -> float:
    """Score of a slice whose pixels carry clusters from 1, 0 outside the tumour."""
    compact = 0.0
    for cluster in np.unique(labels[labels > 0]):
        areas, count = ndimage.label(labels == cluster, structure=_TOUCHING)
        compact += np.bincount(areas.ravel())[1:].max() / count
    return float(1 - compact / (labels > 0).sum())


PLUGIN = FeaturePlugin({"clusters": 6, "radius": 1, "levels": 16}, lambda _: (_NAME,), lambda *_: 0.0, features)
