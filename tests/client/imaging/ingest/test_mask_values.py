"""Labels, one label of any value, shares of a voxel; what is neither is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.imaging.ingest.mask_values import inside, labels

DRAWN = np.array([0.0, 0, 1, 1, 0])


@pytest.mark.parametrize("value", [1 / 255, 0.2, 0.9999, 1, 1.0001, 255, 1e-6, 65535])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_one_label_of_any_value(value: float, kind: type) -> None:
    mask = (DRAWN * value).astype(kind)
    (label,) = labels(mask)
    np.testing.assert_array_equal(inside(mask, label), DRAWN > 0)


def test_labels_are_kept_apart() -> None:
    mask = np.array([0, 1, 2, 2.0004, 7, np.nan])
    assert labels(mask) == (1, 2, 7)
    np.testing.assert_array_equal(inside(mask, 2), [False, False, True, True, False, False])


def test_a_share_counts_from_one_half_on() -> None:
    mask = np.array([0, 0.1, 0.49, 0.5, 0.51, 1])
    assert labels(mask) == (1,)
    np.testing.assert_array_equal(inside(mask, 1), [False, False, False, True, True, True])


@pytest.mark.parametrize(
    ("mask", "problem"),
    [
        (np.arange(256, dtype=np.uint8), "255 numbers from 1 to 255"),
        (np.array([0, 0.1, 0.3]), "neither labels nor shares"),
        (np.array([0, 0.5, 1, 1.5, 2]), "neither labels nor shares"),
        (np.array([0, 1 / 255, 2 / 255]), "neither labels nor shares"),
        (np.array([0, 1, np.inf]), "infinite"),
    ],
)
def test_what_is_no_mask(mask: np.ndarray, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        labels(mask)


@given(st.floats(1e-30, 1e30))
def test_no_positive_value_becomes_background(value: float) -> None:
    mask = DRAWN * value
    (label,) = labels(mask)
    np.testing.assert_array_equal(inside(mask, label), DRAWN > 0)


def test_an_empty_mask_has_no_label() -> None:
    assert labels(np.zeros(4)) == ()
    assert not inside(np.zeros(4), 1).any()
