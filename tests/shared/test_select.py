"""Feature selection from sums, against SciPy."""

import numpy as np
from scipy.stats import ttest_ind

from shared.sections.selection import Selection, Selector
from shared.select import choose, two_sample_t


def test_two_sample_t_from_sums_is_scipys() -> None:
    random = np.random.default_rng(5)
    y, x = np.arange(40) % 3 == 0, random.normal(size=(40, 7))
    totals = np.array([[(~y).sum(), y.sum()]], float)
    sums = np.stack([x[~y].sum(0), x[y].sum(0)])[None]
    t = two_sample_t(totals, sums, (x**2).sum(0)[None])[0]
    np.testing.assert_allclose(t, np.abs(ttest_ind(x[y], x[~y]).statistic), rtol=1e-12)


def test_selection_takes_the_largest_t_of_what_varies_and_pads_with_nothing() -> None:
    totals = np.array([[10.0, 10.0], [10.0, 10.0]])
    sums = np.array([[[0, 0, 0], [5, 9, 1]], [[0, 0, 0], [1, 2, 3]]], float)
    squares = np.full((2, 3), 50.0)
    usable = np.array([[True, True, True], [False, False, True]])
    chosen = choose(Selection(method=Selector.UNIVARIATE, keep=2), usable, totals, sums, squares)
    assert chosen.tolist() == [[0, 1], [2, -1]]
    assert choose(Selection(), usable, totals, sums, squares).tolist() == [[0, 1, 2], [2, -1, -1]]
