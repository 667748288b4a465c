"""Means and standard deviations from sums."""

import numpy as np
import pytest

from shared.models.standardize import standard


def test_standards_are_those_of_the_patients_and_constants_stay_harmless() -> None:
    x = np.column_stack([np.random.default_rng(2).normal(0.3, 2, 30), np.full(30, 0.7)])
    computed = standard(np.array([30.0]), x.sum(0)[None], (x**2).sum(0)[None])
    np.testing.assert_allclose(computed.mean[0], x.mean(0), rtol=1e-13)
    assert computed.sd[0, 0] == pytest.approx(x[:, 0].std(), rel=1e-13)
    assert computed.constant.tolist() == [[False, True]]
    assert computed.sd[0, 1] == 1.0
