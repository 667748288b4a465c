"""The chain of filters and rankings."""

import numpy as np

from shared.arrays import pack_symmetric
from shared.sections.selection import AllFeatures, Univariate
from shared.selection.choose import choose, shortlist

USABLE = np.array([[True, True, True], [False, False, True]])
STRENGTH = np.array([[3.0, 5.0, 0.0], [1.0, 1.0, 1.0]])


def test_a_shortlist_takes_the_strongest_of_what_varies_and_pads_with_nothing() -> None:
    assert shortlist(AllFeatures(shortlist=2), USABLE, STRENGTH).tolist() == [[0, 1], [2, -1]]
    assert shortlist(AllFeatures(), USABLE, STRENGTH).tolist() == [[0, 1, 2], [2, -1, -1]]
    assert shortlist(Univariate(keep=1), USABLE, STRENGTH).tolist() == [[1], [2]]
    filtered = Univariate(keep=1, correlation=0.9)
    assert shortlist(filtered, USABLE, STRENGTH).tolist() == [[0, 1, 2], [2, -1, -1]]


def test_of_two_correlated_features_the_weaker_goes_before_the_method_counts() -> None:
    z = np.random.default_rng(2).normal(size=(40, 3))
    z[:, 1] = z[:, 0] + 0.01 * z[:, 1]
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    products = pack_symmetric(z.T @ z)[None]
    listed, strength, count = np.array([[0, 1, 2]]), np.array([[3.0, 5.0, 1.0]]), np.array([40.0])
    ask = Univariate(keep=2, correlation=0.9)
    assert choose(ask, listed, strength, count, {"products": products}).tolist() == [[1, 2]]
    assert choose(AllFeatures(), listed, strength, count, {"products": products}).tolist() == [[0, 1, 2]]


def test_no_feature_at_all_is_an_empty_choice() -> None:
    nothing = np.zeros((1, 2), dtype=bool)
    listed = shortlist(AllFeatures(), nothing, np.ones((1, 2)))
    assert listed.shape == (1, 0)
    found = choose(
        AllFeatures(correlation=0.5), listed, np.ones((1, 2)), np.array([9.0]), {"products": np.zeros((1, 0))}
    )
    assert found.shape == (1, 0)
