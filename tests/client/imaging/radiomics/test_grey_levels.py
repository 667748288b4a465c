import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from radiomics import imageoperations

from client.imaging.radiomics.grey_levels import grey_levels, number_of_bins


@given(
    seed=st.integers(0, 500),
    scale=st.floats(1e-4, 1e4),
    bins=st.one_of(st.floats(0.05, 2).map(lambda width: (width, None)), st.integers(2, 64).map(lambda n: (25, n))),
    dtype=st.sampled_from([np.float32, np.float64, np.int16]),
)
@settings(max_examples=60, deadline=None)
def test_equals_pyradiomics_level_for_level(seed, scale, bins, dtype):
    rng = np.random.default_rng(seed)
    image = np.clip(rng.normal(scale, scale, (5, 6, 7)), -3e4, 3e4).astype(dtype)
    inside = rng.random(image.shape) < 0.5
    inside[0, 0, :2] = True
    width, count = bins[0] * scale, bins[1]
    reference, _ = imageoperations.binImage(image, inside, binWidth=width, binCount=count)
    computed = grey_levels(image, inside, width, count)
    np.testing.assert_array_equal(computed.matrix, reference)
    np.testing.assert_array_equal(computed.present, np.unique(reference[inside]))


def test_bins_are_counted_before_they_are_made():
    values = np.array([0.0, 1e9])
    assert number_of_bins(values, 1.0, None) == 1_000_000_001
    assert number_of_bins(values, 1.0, 32) == 32
    # PyRadiomics' own example: 54 to 166 in bins of 25 from 50 gives five.
    assert number_of_bins(np.array([54.0, 166.0]), 25, None) == 5
