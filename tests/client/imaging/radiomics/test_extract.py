import numpy as np
import pytest

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.names import feature_names
from client.imaging.radiomics.settings import FEATURE_CLASSES, Settings
from shared.errors import Code, MrfedError
from tests.client.imaging.radiomics.conftest import SPACING_MM, egg

ALL = {name: [] for name in FEATURE_CLASSES}
EVERY_FILTER = {"Original": {}, "LoG": {"sigma": [1.0, 3.0]}, "Wavelet": {}}
MANY = {"Original": {}, "Square": {}, "Gradient": {}, "Exponential": {"binWidth": 5.0}, "Wavelet": {"binWidth": 10.0}}


def parameters(image_types, **setting):
    return {"setting": setting, "imageType": image_types, "featureClass": ALL}


@pytest.mark.parametrize(
    "asked",
    [
        parameters(EVERY_FILTER, binWidth=25),
        parameters(EVERY_FILTER, binWidth=25, resampledPixelSpacing=[1, 1, 1]),
        parameters({"Original": {}}, binCount=32, normalize=True, normalizeScale=100, removeOutliers=3),
        parameters(MANY, binCount=16),
        parameters({"Original": {}}, binWidth=25, resegmentRange=[-2, 2], resegmentMode="sigma"),
        parameters({"Original": {}, "Wavelet": {}}, binWidth=25, preCrop=True, padDistance=3),
        parameters({"Original": {}, "Wavelet": {}}, binWidth=25, force2D=True),
        parameters({"Original": {}}, binWidth=25, resampledPixelSpacing=[0.9, 0.8, 2.2]),
    ],
    ids=["filters", "resampled", "normalized", "other filters", "resegmented", "pre-cropped", "slices", "same spacing"],
)
@pytest.mark.slow
def test_equals_plain_pyradiomics(asked, textured, tumour, plain):
    reference = plain(textured, SPACING_MM, tumour, asked)
    features = extract(textured, SPACING_MM, {"tumour": tumour}, Settings(asked))["tumour"]
    assert not features.missing
    assert set(features.values) == set(reference)
    for name, value in reference.items():
        assert features.values[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


@pytest.mark.slow
def test_regions_filtered_together_equal_regions_alone(textured, tumour):
    settings = Settings(parameters(EVERY_FILTER, binWidth=25))
    regions = {"tumour": tumour, "corner": egg((4, 5, 5), (4, 6, 6)), "half": tumour * (np.arange(40) < 18)}
    together = extract(textured, SPACING_MM, regions, settings)
    for name, mask in regions.items():
        alone = extract(textured, SPACING_MM, {name: mask}, settings)[name]
        assert together[name].values == pytest.approx(alone.values, rel=1e-9)


def test_the_same_input_gives_the_same_bytes(textured, tumour):
    settings = Settings(parameters(EVERY_FILTER, binWidth=25))
    first, second = (extract(textured, SPACING_MM, {"t": tumour}, settings)["t"].values for _ in range(2))
    assert first == second


SETTINGS = Settings(parameters({"Original": {}, "LoG": {"sigma": [2.0]}}, binWidth=25), maximum_undefined_share=0.05)


def single_slice(mask):
    return mask * (np.arange(len(mask)) == 10)[:, None, None]


def one_voxel(mask):
    one = np.zeros_like(mask)
    one[10, 20, 17] = 1
    return one


BAD_MASKS = {
    "empty": (lambda mask: mask * 0, Missing.EMPTY_REGION),
    "one voxel": (one_voxel, Missing.ONE_VOXEL),
    "single slice": (single_slice, Missing.SINGLE_SLICE),
    "several labels": (lambda mask: mask * (1 + (np.arange(40) < 17)), Missing.SEVERAL_LABELS),
    "another grid": (lambda mask: mask[:-1], Missing.GRIDS_DIFFER),
}


@pytest.mark.parametrize("case", BAD_MASKS)
def test_an_unusable_mask_gives_named_missing_values(case, textured, tumour):
    spoil, why = BAD_MASKS[case]
    features = extract(textured, SPACING_MM, {"bad": spoil(tumour), "good": tumour}, SETTINGS)
    assert tuple(features["bad"].values) == feature_names(SETTINGS)
    assert all(np.isnan(value) for value in features["bad"].values.values())
    assert features["bad"].missing == dict.fromkeys(feature_names(SETTINGS), why)
    assert not features["good"].missing


def test_an_image_without_spacing_gives_named_missing_values(textured, tumour):
    for spacing_mm in (None, (0.0, 1.0, 1.0), (np.nan, 1.0, 1.0)):
        features = extract(textured, spacing_mm, {"t": tumour}, SETTINGS)["t"]
        assert set(features.missing.values()) == {Missing.NO_SPACING}
        assert len(features.missing) == len(feature_names(SETTINGS))


def test_a_constant_region_is_missing_not_zero(textured, tumour):
    flat = np.where(tumour, np.float32(7), textured)
    assert set(extract(flat, SPACING_MM, {"t": tumour}, SETTINGS)["t"].missing.values()) == {Missing.CONSTANT}


def test_one_grey_level_has_intensities_but_no_texture(textured, tumour):
    wide = Settings(parameters({"Original": {}}, binWidth=1e6))
    features = extract(textured, SPACING_MM, {"t": tumour}, wide)["t"]
    assert set(features.missing.values()) == {Missing.ONE_GREY_LEVEL}
    assert "original_glcm_Contrast" in features.missing
    assert "original_firstorder_Entropy" in features.missing
    assert features.values["original_firstorder_Mean"] == pytest.approx(textured[tumour > 0].mean(dtype=float))


def test_a_bin_width_far_too_small_does_not_fill_the_memory(textured, tumour):
    fine = Settings(parameters({"Original": {}}, binWidth=1e-6))
    features = extract(textured, SPACING_MM, {"t": tumour}, fine)["t"]
    assert features.missing["original_glcm_Contrast"] is Missing.TOO_MANY_GREY_LEVELS
    assert np.isfinite(features.values["original_firstorder_Mean"])


def test_few_voxels_without_a_value_are_left_out_and_counted(textured, tumour):
    holes = textured.copy()
    places = np.argwhere(tumour)[::40]
    holes[tuple(places.T)] = np.nan
    holes[0] = np.nan
    features = extract(holes, SPACING_MM, {"t": tumour}, SETTINGS)["t"]
    assert features.excluded_voxels == len(places)
    assert not features.missing
    kept = textured[(tumour > 0) & np.isfinite(holes)]
    assert features.values["original_firstorder_Mean"] == pytest.approx(kept.mean(dtype=float))
    assert features.values["original_shape_VoxelVolume"] == pytest.approx(len(kept) * np.prod(SPACING_MM))


def test_many_voxels_without_a_value_make_the_region_missing(textured, tumour):
    holes = textured.copy()
    holes[tuple(np.argwhere(tumour)[::10].T)] = np.inf
    assert set(extract(holes, SPACING_MM, {"t": tumour}, SETTINGS)["t"].missing.values()) == {Missing.NOT_FINITE}


def test_a_mask_at_the_border_is_like_any_other(textured, plain):
    border = egg((0, 0, 39), (5, 9, 8))
    asked = parameters(EVERY_FILTER, binWidth=25)
    features = extract(textured, SPACING_MM, {"t": border}, Settings(asked))["t"]
    assert features.values == pytest.approx(plain(textured, SPACING_MM, border, asked), rel=1e-9, abs=1e-12)


def test_a_filter_larger_than_the_image_is_missing(textured, tumour):
    features = extract(textured[:, 10:30, 8:26], SPACING_MM, {"t": tumour[:, 10:30, 8:26]}, SETTINGS)["t"]
    assert not features.missing
    thin = Settings(parameters({"Original": {}, "LoG": {"sigma": [60.0]}}, binWidth=25))
    features = extract(textured, SPACING_MM, {"t": tumour}, thin)["t"]
    assert {name.split("_")[0] for name in features.missing} == {"log-sigma-60-0-mm-3D"}
    assert set(features.missing.values()) == {Missing.IMAGE_TOO_SMALL}


def test_a_region_lost_by_resampling_is_missing(textured, tumour):
    tiny = np.zeros_like(tumour)
    tiny[10:12, 20:22, 17:19] = 1
    coarse = Settings(parameters({"Original": {}}, binWidth=25, resampledPixelSpacing=[9, 9, 9]))
    features = extract(textured, SPACING_MM, {"t": tiny, "whole": tumour}, coarse)
    assert set(features["t"].missing.values()) <= {Missing.TOO_SMALL, Missing.ONE_VOXEL, Missing.EMPTY_REGION}
    assert len(features["t"].missing) == len(features["t"].values)


def test_settings_that_pyradiomics_does_not_know_are_refused(textured, tumour):
    with pytest.raises(MrfedError, match=r"radiomics\.parameters.*binWith") as caught:
        extract(textured, SPACING_MM, {"t": tumour}, Settings(parameters({"Original": {}}, binWith=25)))
    assert caught.value.code is Code.STUDY_INVALID
