"""Shape: a ball, a box, and flat regions."""

import numpy as np
import pytest

from client.imaging.radiomics.ibsi.morphology import MORPHOLOGY, centre_of_mass_shift, ellipsoid, morphology


def test_a_ball_is_nearly_a_sphere() -> None:
    away = np.indices((41, 41, 41)) - 20
    found = morphology((away**2).sum(axis=0) <= 19**2, (0.5, 0.5, 0.5))
    assert set(found) == set(MORPHOLOGY)
    radius_mm = 19.0 * 0.5
    assert found["MeshVolume"] == pytest.approx(4 / 3 * np.pi * radius_mm**3, rel=0.02)
    assert found["Maximum3DDiameter"] == pytest.approx(2 * radius_mm + 0.5)
    assert found["Elongation"] == pytest.approx(1)
    assert found["VolumeDensityConvexHull"] == pytest.approx(1, abs=0.05)
    # A sphere's standard deviation along an axis is radius / sqrt(5).
    assert found["MajorAxisLength"] == pytest.approx(4 * radius_mm / np.sqrt(5), rel=0.01)


def test_what_is_said_of_sphericity_is_one_thing() -> None:
    inside = np.ones((6, 5, 4), bool)
    found = morphology(inside, (1.0, 1.0, 1.0))
    assert found["SphericalDisproportion"] == pytest.approx(1 / found["Sphericity"])
    assert found["Asphericity"] == pytest.approx(1 / found["Sphericity"] - 1)
    assert found["Compactness2"] == pytest.approx(found["Sphericity"] ** 3)
    assert found["VolumeDensityBox"] == pytest.approx(found["MeshVolume"] / 120)


def test_a_flat_region_has_a_volume_and_no_ellipsoid() -> None:
    found = morphology(np.ones((1, 4, 5), bool), (3.0, 1.0, 1.0))
    assert found["VoxelVolume"] == 60
    assert found["LeastAxisLength"] == found["Flatness"] == 0
    assert np.isnan(found["VolumeDensityEllipsoid"])
    assert np.isfinite(found["AreaDensityEllipsoid"])


def test_the_surface_of_a_sphere_and_of_a_voxel() -> None:
    assert ellipsoid(2, 2, 2) == pytest.approx((4 / 3 * np.pi * 8, 16 * np.pi))
    found = morphology(np.ones((1, 1, 1), bool), (1.0, 1.0, 1.0))
    assert found["MeshVolume"] == pytest.approx(1 / 6)  # an octahedron


def test_the_centre_of_intensities_leaves_that_of_the_region() -> None:
    voxels = np.array([[[1.0, 1.0, 4.0]]])
    inside = np.ones((1, 1, 3), bool)
    # Weighted place (0 + 1 + 8) / 6 = 1.5 against 1, in voxels of 2 mm.
    assert centre_of_mass_shift(voxels, inside, inside, (1.0, 1.0, 2.0)) == pytest.approx(1.0)
    assert np.isnan(centre_of_mass_shift(voxels * 0, inside, inside, (1.0, 1.0, 2.0)))
