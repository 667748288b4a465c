"""Batch labels that mean nothing: permuted among the patients of all sites by a seed that all sites know.

What a probe finds after ComBat on such labels was written by ComBat itself.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from harmonization.array import Labels


def permuted_labels(
    batch_sizes: Mapping[str, int], site_sizes: Mapping[str, int], site: str, seeds: Sequence[int]
) -> Labels:
    """Permute the labels of all patients; every site takes its own part of the same permutation.

    Parameters
    ----------
    batch_sizes : patients of each batch over all sites
    site_sizes : patients of each site; in sum as many
    site : whose part is wanted
    seeds : one a permutation

    Returns
    -------
    (seeds, n) labels of the site's patients
    """
    labels = np.repeat(sorted(batch_sizes), [batch_sizes[label] for label in sorted(batch_sizes)])
    if len(labels) != sum(site_sizes.values()):
        raise ValueError(f"{len(labels)} labels cannot be permuted among {sum(site_sizes.values())} patients")
    names = sorted(site_sizes)
    start = sum(site_sizes[name] for name in names[: names.index(site)])
    permuted = [np.random.default_rng(seed).permutation(labels) for seed in seeds]
    return np.stack(permuted)[:, start : start + site_sizes[site]]
