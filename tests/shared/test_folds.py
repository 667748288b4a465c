"""Folds within a site."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.folds import generator, stratified


@settings(max_examples=30)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=60), st.integers(2, 6))
def test_folds_spread_every_class_evenly(classes: list[int], folds: int) -> None:
    kinds = np.array(classes)
    fold = stratified(kinds, folds, generator(1, "folds", "a"))
    np.testing.assert_array_equal(fold, stratified(kinds, folds, generator(1, "folds", "a")))
    for one in np.unique(kinds):
        sizes = np.bincount(fold[kinds == one], minlength=folds)
        assert sizes.max() - sizes.min() <= 1
    whole = np.bincount(fold, minlength=folds)
    assert whole.max() - whole.min() <= 1
