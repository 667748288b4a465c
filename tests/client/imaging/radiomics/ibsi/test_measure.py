"""Preset `ibsi` behind `extract`: every name has a value or a reason."""

import numpy as np
import pytest

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.features import Features
from client.imaging.radiomics.ibsi.settings import FAMILIES
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.names import feature_names, shape_names
from client.imaging.radiomics.settings import for_image, for_map
from client.imaging.radiomics.shape import shapes
from shared.sections.radiomics import Radiomics

SHAPE = (12, 30, 32)
SPACING_MM = (0.8, 0.8, 2.0)
EVERY = {
    "families": list(FAMILIES),
    "filters": [{"filter": "mean", "support": 3}, {"filter": "laws", "kernels": "L5E5E5", "energy_distance": 1}],
}


@pytest.fixture(scope="module")
def voxels() -> np.ndarray:
    return np.random.default_rng(9).normal(1000, 100, SHAPE)


@pytest.fixture(scope="module")
def ball() -> np.ndarray:
    z, y, x = np.indices(SHAPE)
    return np.asarray(((z - 6) * 2.0) ** 2 + ((y - 15) * 0.8) ** 2 + ((x - 16) * 0.8) ** 2 < 7.5**2)


def taken(voxels: np.ndarray, inside: np.ndarray, **asked: object) -> Features:
    radiomics = Radiomics.model_validate({"log_sigma_mm": [], "ibsi": asked})
    return extract(voxels, SPACING_MM, {"r": inside}, for_image(radiomics))["r"]


def test_every_name_has_a_value(voxels: np.ndarray, ball: np.ndarray) -> None:
    radiomics = Radiomics.model_validate({"log_sigma_mm": [1.0], "wavelet": True, "ibsi": EVERY})
    settings = for_image(radiomics)
    found = extract(voxels, SPACING_MM, {"r": ball}, settings)["r"]
    assert tuple(found.values) == feature_names(settings)
    images = {name.split("_")[0] for name in found.values}
    assert len(images) == 1 + 1 + 8 + 2
    assert {"original", "log-sigma-1-0-mm", "wavelet-coif1-LLH-level-1", "mean-3"} < images
    assert found.missing == {}


def test_the_volume_is_that_of_the_ball_whatever_the_grid(voxels: np.ndarray, ball: np.ndarray) -> None:
    for spacing_mm in (None, 1.0, 0.5):
        found = taken(voxels, ball, spacing_mm=spacing_mm)
        assert found.values["original_shape_MeshVolume"] == pytest.approx(4 / 3 * np.pi * 7.5**3, rel=0.05)


def test_shape_alone_is_the_shape_of_all(voxels: np.ndarray, ball: np.ndarray) -> None:
    settings = for_image(Radiomics(log_sigma_mm=()))
    alone = shapes(SPACING_MM, {"r": ball}, settings)["r"].values
    assert tuple(alone) == shape_names(settings)
    values = taken(voxels, ball).values
    assert alone == {name: values[name] for name in alone}


def test_regions_taken_together_are_those_taken_alone(voxels: np.ndarray, ball: np.ndarray) -> None:
    settings = for_image(Radiomics.model_validate({"log_sigma_mm": [1.0], "ibsi": EVERY}))
    far = np.zeros(SHAPE, bool)
    far[0:4, 1:9, 20:31] = True
    together = extract(voxels, SPACING_MM, {"ball": ball, "far": far}, settings)
    for region, inside in (("ball", ball), ("far", far)):
        alone = extract(voxels, SPACING_MM, {"r": inside}, settings)["r"].values
        assert together[region].values == pytest.approx(alone, rel=1e-6, abs=1e-9)


def test_resegmentation_changes_intensities_and_no_shape(voxels: np.ndarray, ball: np.ndarray) -> None:
    whole = taken(voxels, ball)
    without = taken(voxels, ball, intensity_ranges={"": [900, None]}, outlier_sigma=3)
    assert without.values["original_firstorder_Minimum"] >= 900
    assert without.values["original_firstorder_Mean"] > whole.values["original_firstorder_Mean"]
    assert without.values["original_shape_MeshVolume"] == whole.values["original_shape_MeshVolume"]


def test_a_range_that_leaves_nothing_leaves_no_features(voxels: np.ndarray, ball: np.ndarray) -> None:
    found = taken(voxels, ball, intensity_ranges={"": [5000, None]})
    assert set(found.missing.values()) == {Missing.TOO_SMALL}


def test_a_flat_region_is_measured_within_slices_only(voxels: np.ndarray) -> None:
    flat = np.zeros(SHAPE, bool)
    flat[5, 8:20, 9:22] = True
    assert set(taken(voxels, flat, spacing_mm=None).missing.values()) == {Missing.SINGLE_SLICE}
    found = taken(voxels, flat, spacing_mm=None, aggregation="2d_merged")
    assert found.missing == {"original_shape_VolumeDensityEllipsoid": Missing.UNDEFINED}


def test_what_has_no_texture_says_why(voxels: np.ndarray, ball: np.ndarray) -> None:
    constant = taken(np.full(SHAPE, 3.0), ball)
    assert set(constant.missing.values()) == {Missing.CONSTANT}
    map_settings = for_map(Radiomics.model_validate({"log_sigma_mm": [], "bin_widths": {"adc": 1e4}}), "adc")
    one_level = extract(voxels, SPACING_MM, {"r": ball}, map_settings)["r"].missing
    assert set(one_level.values()) == {Missing.ONE_GREY_LEVEL}
    assert "original_firstorder_Entropy" in one_level
    assert "original_firstorder_Mean" not in one_level
    fine = for_map(Radiomics.model_validate({"log_sigma_mm": [], "bin_widths": {"adc": 1e-6}}), "adc")
    too_many = extract(voxels, SPACING_MM, {"r": ball}, fine)["r"].missing
    assert set(too_many.values()) == {Missing.TOO_MANY_GREY_LEVELS}


def test_voxels_without_a_value_are_left_out(voxels: np.ndarray, ball: np.ndarray) -> None:
    holed = voxels.copy()
    holed[6, 15, 14:18] = np.nan
    found = taken(holed, ball, spacing_mm=None)
    assert found.excluded_voxels == 4
    assert found.values["original_shape_VoxelVolume"] == pytest.approx((ball.sum() - 4) * 0.8 * 0.8 * 2)
    assert np.isfinite(list(found.values.values())).all()


def test_plugins_see_the_same_grid(voxels: np.ndarray, ball: np.ndarray) -> None:
    radiomics = Radiomics.model_validate({"log_sigma_mm": [], "plugins": [{"name": "laws"}]})
    settings = for_image(radiomics)
    found = extract(voxels, SPACING_MM, {"r": ball}, settings)["r"]
    assert tuple(found.values) == feature_names(settings)
    assert np.isfinite(found.values["original_laws_L5L5E5Mean"])
