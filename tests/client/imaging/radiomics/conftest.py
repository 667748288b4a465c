"""A textured volume with an egg-shaped tumour, and plain PyRadiomics as the reference."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from radiomics.featureextractor import RadiomicsFeatureExtractor
from scipy import ndimage

logging.getLogger("radiomics").setLevel(logging.CRITICAL + 1)

SHAPE = (22, 44, 40)
SPACING_MM = (0.9, 0.8, 2.2)


@pytest.fixture(scope="session")
def textured() -> NDArray[np.float32]:
    """Smooth structure and noise, (z, y, x)."""
    rng = np.random.default_rng(3)
    smooth = ndimage.gaussian_filter(rng.normal(size=SHAPE), 1.5)
    return (500 + 900 * smooth + rng.normal(0, 30, SHAPE)).astype(np.float32)


def egg(centre: tuple[int, int, int], radii: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Ellipsoid on the volume's grid, radii in voxels."""
    grid = np.indices(SHAPE)
    inside = sum(((axis - c) / r) ** 2 for axis, c, r in zip(grid, centre, radii, strict=True)) <= 1
    return np.asarray(inside, np.uint8)


@pytest.fixture(scope="session")
def tumour() -> NDArray[np.uint8]:
    return egg((10, 20, 17), (4, 8, 7))


@pytest.fixture(scope="session")
def plain() -> Callable[..., dict[str, float]]:
    """PyRadiomics as its manual calls it, on the whole image."""

    def execute(
        voxels: NDArray[Any], spacing_mm: tuple[float, ...], mask: NDArray[Any], parameters: Mapping[str, Any]
    ) -> dict[str, float]:
        image, label = sitk.GetImageFromArray(voxels), sitk.GetImageFromArray(mask)
        image.SetSpacing(spacing_mm)
        label.SetSpacing(spacing_mm)
        computed = RadiomicsFeatureExtractor(dict(parameters)).execute(image, label)
        return {name: float(value) for name, value in computed.items() if not name.startswith("diagnostics")}

    return execute
