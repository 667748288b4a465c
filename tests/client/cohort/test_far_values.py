"""Harmonized values far out: said, with the features, and held in where a study says so."""

import numpy as np

from client.cohort.far_values import limited, words


def test_far_values_are_counted_and_their_features_named_with_the_farthest_first() -> None:
    u = np.array([[0.5, -133.0, np.nan], [13_237.0, 2.0, 10.0]])
    line = words(u, ["f0", "f1", "f2"])
    assert line.startswith("2 of 6 harmonized values lie more than 10 pooled standard deviations")
    assert "f0 (up to 13,237), f1 (up to 133);" in line
    assert "harmonization.transform: rank" in line
    assert "harmonization.clip" in line
    assert words(u[:, 2:], ["f2"]) == ""


def test_values_are_held_within_the_limit_of_the_study_and_gaps_stay() -> None:
    u = np.array([[0.5, -133.0, np.nan], [13_237.0, 2.0, 10.0]])
    np.testing.assert_array_equal(limited(u, 10.0), [[0.5, -10, np.nan], [10, 2, 10]])
    assert limited(u, None) is u
