"""Columns that repeat others, from their correlations."""

import numpy as np
import pytest

from shared.arrays import Array, pack_symmetric
from shared.sections.selection import AllFeatures
from shared.selection.choose import choose, ranked
from shared.selection.distinct import originals


def columns(patients: int = 60, features: int = 4) -> Array:
    return np.random.default_rng(1).normal(size=(patients, features))


def correlation(x: Array) -> Array:
    return np.asarray(np.corrcoef(x.T))


def found(x: Array) -> list[int]:
    return originals(correlation(x), np.ones(x.shape[1], dtype=bool), len(x)).tolist()


def test_columns_that_differ_in_unit_and_sign_repeat_the_first_of_them() -> None:
    x = columns()
    x = np.column_stack([x, 1e6 * x[:, 1] - 3, -x[:, 0], x[:, 1] + 1e-9])
    assert found(x) == [0, 1, 2, 3, 1, 0, 1]


def test_similar_columns_repeat_nothing() -> None:
    x = columns()
    x[:, 3] = x[:, 0] + 0.01 * x[:, 3]
    assert correlation(x)[0, 3] > 0.9999
    assert found(x) == [0, 1, 2, 3]


def test_a_column_to_which_others_add_up_repeats_the_one_it_is_most_like() -> None:
    x = columns()
    x = np.column_stack([x, x[:, 0] + 3 * x[:, 2], x[:, 3] - 1])
    assert found(x) == [0, 1, 2, 3, 2, 3]


def test_with_more_columns_than_patients_only_identical_ones_count() -> None:
    x = columns(20, 30)
    x = np.column_stack([x, x[:, 7]])
    assert found(x) == [*range(30), 7]


def test_columns_that_are_not_listed_or_do_not_vary_repeat_nothing() -> None:
    x = columns()
    r = correlation(np.column_stack([x, x[:, 0], x[:, 0]]))
    r[2, :] = r[:, 2] = 0.0
    listed = np.array([False, True, True, True, True, True])
    assert originals(r, listed, 60).tolist() == [0, 1, 2, 3, 4, 4]


@pytest.mark.parametrize("rounding", [0.0, 1e-13, -1e-13])
def test_the_choice_does_not_hang_on_the_rounding_of_sums(rounding: float) -> None:
    x = columns()
    x = np.column_stack([x, x[:, 1]])
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    products = pack_symmetric(z.T @ z)[None] * (1 + rounding)
    strength = np.array([[1.0, 5.0, 2.0, 0.5, 5.0 * (1 + rounding)]])
    listed = np.arange(5)[None]
    chosen = choose(AllFeatures(), listed, strength, np.array([60.0]), {"products": products}, distinct=True)
    assert chosen.tolist() == [[0, 1, 2, 3, -1]] or chosen.tolist() == [[0, 1, 2, 3]]
    assert ranked(np.ones((1, 5), dtype=bool), strength).tolist() == [[1, 4, 2, 0, 3]]
    kept = choose(AllFeatures(), listed, strength, np.array([60.0]), {"products": products})
    assert kept.tolist() == [[0, 1, 2, 3, 4]]
