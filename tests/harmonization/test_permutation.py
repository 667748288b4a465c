"""Labels dealt anew to the patients of all sites."""

import numpy as np
import pytest

from harmonization.permutation import deal

BATCHES = {"a": 7, "b": 12, "c": 6}
SITES = {"s2": 10, "s0": 8, "s1": 7}


def test_sites_hold_parts_of_one_permutation():
    parts = [deal(BATCHES, SITES, site, range(50)) for site in sorted(SITES)]
    for together in np.concatenate(parts, axis=1):
        names, counts = np.unique(together, return_counts=True)
        assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == BATCHES
    assert [part.shape for part in parts] == [(50, 8), (50, 7), (50, 10)]


def test_same_seed_same_labels_and_others_differ():
    once, again = deal(BATCHES, SITES, "s1", [3, 4]), deal(BATCHES, SITES, "s1", [3, 4])
    assert np.array_equal(once, again)
    assert not np.array_equal(once[0], once[1])


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="25 labels cannot be dealt to 24"):
        deal(BATCHES, {"s0": 24}, "s0", [0])
