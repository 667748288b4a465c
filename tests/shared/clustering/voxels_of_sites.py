"""Voxels of patients at several sites, and of all together."""

import numpy as np


def sites(seed, count=3, d=3):
    """Voxels of patients at several sites: (vectors, weights) a site, each patient weighing 1."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 2, (4, d))
    sites = []
    for _ in range(count):
        patients = [
            np.vstack([rng.normal(c, 0.7, (rng.integers(5, 40), d)) for c in centres + rng.normal(0, 0.3, d)])
            for _ in range(rng.integers(2, 5))
        ]
        weights = np.concatenate([np.full(len(p), 1 / len(p)) for p in patients])
        sites.append((np.vstack(patients), weights))
    return sites


def pooled(parts):
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))
