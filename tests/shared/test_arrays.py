"""Named arrays on disk and packed matrices."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared import arrays


def test_an_archive_gives_back_every_array_and_equal_bytes(tmp_path: Path) -> None:
    given_arrays = {"file": np.arange(6.0).reshape(2, 3), "a/b": np.array(7), "": np.zeros(0, np.uint64)}
    arrays.save(tmp_path / "x.npz", given_arrays)
    computed = arrays.load(tmp_path / "x.npz")
    assert list(computed) == list(given_arrays)
    for name, value in given_arrays.items():
        np.testing.assert_array_equal(computed[name], value)
        assert computed[name].dtype == value.dtype
    assert arrays.to_bytes(given_arrays) == arrays.to_bytes(computed)


@given(st.integers(1, 8))
def test_packing_a_symmetric_matrix_loses_nothing(p: int) -> None:
    half = np.random.default_rng(p).normal(size=(3, p, p))
    matrices = half + half.swapaxes(1, 2)
    packed = arrays.pack_symmetric(matrices)
    assert packed.shape == (3, p * (p + 1) // 2)
    np.testing.assert_array_equal(arrays.unpack_symmetric(packed), matrices)
