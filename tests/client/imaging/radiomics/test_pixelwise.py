"""Against PyRadiomics' voxel-based extraction."""

import numpy as np
import pytest
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor

from client.imaging.radiomics.pixelwise import NAMES, pixel_features

CLASSES = {
    "firstorder": ["Mean", "Variance", "Entropy", "Uniformity", "Range"],
    "glcm": ["Contrast", "Idm", "JointEntropy", "JointEnergy", "Autocorrelation"],
}


@pytest.fixture(scope="module")
def slice_and_region():
    rng = np.random.default_rng(4)
    image = rng.normal(100, 20, (18, 20)).astype(np.float64)
    rows, columns = np.indices(image.shape)
    return image, (rows - 9) ** 2 + (columns - 10) ** 2 < 50


@pytest.mark.parametrize("radius", [1, 2])
def test_equals_pyradiomics_voxel_by_voxel(slice_and_region, radius):
    image, inside = slice_and_region
    parameters = {
        "setting": {"binCount": 8, "force2D": True, "label": 1},
        "imageType": {"Original": {}},
        "featureClass": CLASSES,
        "voxelSetting": {"kernelRadius": radius, "maskedKernel": True},
    }
    volume = sitk.GetImageFromArray(np.stack([image] * 3))
    mask = sitk.GetImageFromArray(np.stack([inside * 0, inside, inside * 0]).astype(np.uint8))
    reference = RadiomicsFeatureExtractor(parameters, additionalInfo=False).execute(volume, mask, voxelBased=True)
    computed = dict(zip(NAMES, pixel_features(image, inside, radius, 8).T, strict=True))
    # The maps are cropped to the region and the window around it.
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    top, left = max(rows[0] - radius, 0), max(columns[0] - radius, 0)
    index = [np.argwhere(inside)[:, 0] - top, np.argwhere(inside)[:, 1] - left]
    for feature_class, names in CLASSES.items():
        for name in names:
            values = sitk.GetArrayFromImage(reference[f"original_{feature_class}_{name}"])
            middle = len(values) // 2
            np.testing.assert_allclose(computed[name], values[middle][tuple(index)], rtol=1e-9, atol=1e-9, err_msg=name)


def test_pixels_outside_the_region_do_not_matter(slice_and_region):
    image, inside = slice_and_region
    other = np.where(inside, image, 1e6)
    np.testing.assert_array_equal(pixel_features(image, inside, 1, 8), pixel_features(other, inside, 1, 8))
