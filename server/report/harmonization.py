"""A feature before and after harmonization, from the histograms of the sites."""

import numpy as np

from shared.arrays import Array
from shared.metrics.site_effect import site_effect
from shared.results.harmonized import Distribution, FeatureHarmonization


def feature_harmonization(feature: str, edges: Array, before: Array, after: Array) -> FeatureHarmonization:
    """Distributions of one feature at each site and what sets the sites apart.

    Parameters
    ----------
    feature : its name
    edges : (bins + 1,) limits of the ranges, the same before and after; the outer ones take what lies beyond
    before, after : (sites, bins) patients
    """
    return FeatureHarmonization(
        feature=feature,
        edges=tuple(np.asarray(edges, dtype=np.float64).tolist()),
        before=_distribution(edges, before),
        after=_distribution(edges, after),
    )


def _distribution(edges: Array, counts: Array) -> Distribution:
    counts = np.asarray(counts, dtype=np.int64)
    effect = site_effect(edges, counts)
    return Distribution(
        counts=tuple(map(tuple, counts.tolist())),
        means=tuple(effect.means.tolist()),
        sds=tuple(effect.sds.tolist()),
        explained=effect.explained,
        p_value=effect.p_value,
    )
