import numpy as np
import pytest
import SimpleITK as sitk

from client.imaging.radiomics.laplacian_of_gaussian import laplacian_of_gaussian


def whole(volume, spacing_mm, sigma_mm):
    image = sitk.GetImageFromArray(volume)
    image.SetSpacing(spacing_mm[::-1])
    return sitk.GetArrayFromImage(sitk.LaplacianRecursiveGaussian(image, sigma_mm, True))


@pytest.mark.parametrize("sigma_mm", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize(
    "box", [(slice(8, 14), slice(20, 33), slice(0, 12)), (slice(0, 24), slice(40, 48), slice(3, 4))]
)
def test_a_box_is_bit_for_bit_itk_on_the_whole_volume(sigma_mm, box):
    volume = np.random.default_rng(0).normal(500, 100, (24, 48, 40))
    spacing_mm = (2.0, 0.7, 0.9)
    computed = laplacian_of_gaussian(volume, spacing_mm, box, sigma_mm)
    reference = whole(volume, spacing_mm, sigma_mm)[box]
    assert computed.dtype == np.float32
    np.testing.assert_array_equal(computed, reference)


def test_the_volume_is_cut_where_it_no_longer_matters():
    volume = np.random.default_rng(1).normal(0, 1, (90, 12, 12))
    far = volume.copy()
    far[60:] = np.nan
    box = (slice(2, 8), slice(2, 8), slice(2, 8))
    near, moved = (laplacian_of_gaussian(one, (1.0, 1.0, 1.0), box, 2.0) for one in (volume, far))
    np.testing.assert_array_equal(near, moved)


def test_a_parabola_has_its_curvature():
    # x^2 along the first axis: second derivative 2, times sigma^2 for the scale.
    x = np.arange(120.0)
    volume = np.broadcast_to((x[:, None, None] - 60) ** 2, (120, 8, 8))
    computed = laplacian_of_gaussian(volume, (1.0, 1.0, 1.0), (slice(58, 62), slice(3, 5), slice(3, 5)), 3.0)
    np.testing.assert_allclose(computed, 2 * 3.0**2, rtol=1e-4)
