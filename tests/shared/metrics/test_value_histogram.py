"""Distributions of feature values."""

import numpy as np

from shared.metrics.value_histogram import BINS, count, edges


def test_value_histograms_count_everybody_once_also_beyond_the_grid() -> None:
    counted = count(np.array([[-9.0, -4.0, 0.0], [9.0, 3.99, 0.49]]))
    assert counted.sum(axis=1).tolist() == [2, 2, 2]
    assert (counted[0, 0], counted[0, BINS - 1]) == (1, 1)
    assert counted[2, BINS // 2] == 2
    assert edges()[BINS // 2] == 0.0
