"""Kish's effective number, and the refusal that rests on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from shared.errors import MrfedError
from shared.privacy.effective_sample_size import effective_number, require_effective_number


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1.0, 1.0, 1.0, 1.0], 4.0),
        ([1.0, 0.0, 0.0, 0.0], 1.0),
        ([3.0, 1.0], 1.6),  # 16 / 10
        ([0.0, 0.0], 0.0),
        ([1e-200, 1e-200, 1e-200], 3.0),
        ([], 0.0),
    ],
)
def test_literal_values(weights, expected):
    assert effective_number(np.array(weights)) == pytest.approx(expected, rel=1e-15)


@given(
    arrays.arrays(float, (3, 7), elements=st.floats(1e-3, 1e3)),
    st.floats(1e-100, 1e100),
)
def test_lies_between_one_and_n_and_does_not_depend_on_scale(weights, factor):
    number = effective_number(weights)
    assert ((number >= 1 - 1e-12) & (number <= 7 + 1e-12)).all()
    np.testing.assert_allclose(effective_number(weights * factor), number, rtol=1e-9)


def test_the_worst_row_decides_and_empty_rows_do_not():
    even, uneven, empty = np.ones(30), np.r_[50.0, np.full(29, 0.1)], np.zeros(30)
    require_effective_number(np.stack([even, empty]), 10, "train-1")
    with pytest.raises(MrfedError, match=r"train-1: its weights single out 1\.1 patients"):
        require_effective_number(np.stack([even, uneven, empty]), 10, "train-1")
