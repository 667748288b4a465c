import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from radiomics import imageoperations

from client.imaging.radiomics.wavelet import stationary_wavelet


def whole(volume, **own):
    """PyRadiomics' sub-bands of the whole volume."""
    image = sitk.GetImageFromArray(volume)
    return {name: sitk.GetArrayFromImage(band) for band, name, _ in imageoperations.getWaveletImage(image, None, **own)}


@st.composite
def volumes_and_boxes(draw):
    shape = draw(st.tuples(*[st.integers(16, 25)] * 3))
    box = []
    for length in shape:
        start = draw(st.integers(0, length - 1))
        box.append(slice(start, draw(st.integers(start + 1, length))))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    seed = draw(st.integers(0, 1000))
    return np.random.default_rng(seed).normal(100, 30, shape).astype(dtype), tuple(box)


@given(case=volumes_and_boxes(), wavelet=st.sampled_from(["coif1", "haar", "db4", "bior2.2"]), level=st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_a_box_is_bit_for_bit_that_of_the_whole_volume(case, wavelet, level):
    volume, box = case
    reference = whole(volume, wavelet=wavelet, level=level)
    computed = dict(stationary_wavelet(volume, box, wavelet, level))
    assert list(computed) == list(reference)
    for name, band in computed.items():
        np.testing.assert_array_equal(band, reference[name][box], err_msg=name)


def test_a_later_start_level_and_slices_only():
    volume = np.random.default_rng(1).normal(size=(18, 21, 20))
    box = (slice(0, 18), slice(3, 21), slice(5, 9))
    reference = whole(volume, start_level=1, force2D=True, force2Ddimension=0)
    computed = dict(stationary_wavelet(volume, box, start_level=1, axes=(2, 1)))
    assert list(computed) == ["wavelet-LH", "wavelet-HL", "wavelet-HH", "wavelet-LL"]
    for name, band in computed.items():
        np.testing.assert_array_equal(band, reference[name][box], err_msg=name)


def test_a_constant_volume_has_no_details():
    computed = dict(stationary_wavelet(np.full((16, 16, 16), 7.0), (slice(4, 8),) * 3))
    # coif1's low pass has the sum sqrt(2) along each axis.
    np.testing.assert_allclose(computed.pop("wavelet-LLL"), 7 * 2**1.5, rtol=1e-9)
    assert len(computed) == 7
    for name, band in computed.items():
        assert np.abs(band).max() < 1e-9, name


@pytest.mark.parametrize("end", [15, 16, 17])
def test_the_last_plane_wraps_in_the_order_of_the_reference(end):
    volume = np.random.default_rng(2).normal(size=(16, 17, 17))
    box = (slice(10, min(end, 16)), slice(12, end), slice(12, end))
    reference = whole(volume)
    for name, band in stationary_wavelet(volume, box):
        np.testing.assert_array_equal(band, reference[name][box], err_msg=name)
