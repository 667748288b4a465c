import pytest
import yaml

from client.imaging.maps.functional_tumour_volume import FUNCTIONAL_TUMOUR
from client.imaging.maps.registry import REGISTRY
from client.imaging.maps.vendor_map import QUANTITIES
from client.imaging.radiomics.settings import FEATURE_CLASSES, Settings, digest_of, for_image, for_map
from shared.errors import MrfedError
from shared.sections.radiomics import BIN_WIDTHS, Habitats, Preset, Radiomics


def test_ramtohul2023_is_the_published_recipe():
    settings = for_image(Radiomics(preset=Preset.RAMTOHUL2023))
    asked = {"normalize": True, "normalizeScale": 100, "removeOutliers": 3, "binWidth": 15}
    assert settings.setting | asked == settings.setting
    assert settings.setting["resampledPixelSpacing"] == [1, 1, 1]
    assert settings.setting["interpolator"] == "sitkBSpline"
    assert list(settings.image_types) == ["Original"]


@pytest.mark.parametrize("preset", [Preset.RAMTOHUL2023, Preset.PYRADIOMICS])
def test_a_map_is_never_normalized_and_has_bins_in_its_unit(preset):
    settings = for_map(Radiomics(preset=preset), "adc")
    assert settings.setting["normalize"] is False
    assert "binCount" not in settings.setting
    assert settings.setting["binWidth"] == 5e-5  # mm²/s


def test_under_ibsi_a_map_has_bins_in_its_unit_and_an_image_a_number_of_them():
    section = {"intensity_ranges": {"adc": [0, 4e-3]}}
    of_map = for_map(Radiomics(ibsi=section), "adc")
    assert (of_map.bins.width, of_map.bins.count) == (5e-5, None)  # mm²/s
    assert of_map.intensity_range == (0, 4e-3)
    assert of_map.filtered_bins.count == 32
    of_image = for_image(Radiomics(ibsi=section), "early")
    assert (of_image.bins.width, of_image.bins.count) == (None, 32)
    assert of_image.intensity_range == (None, None)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"filters": [{"filter": "laws", "kernels": "L5E5"}]}, "2 axes"),
        ({"aggregation": "2d_merged", "filters": [{"filter": "wavelet", "bands": "LLH"}]}, "3 axes"),
        ({"filters": [{"filter": "mean", "support": 4}]}, "odd number"),
        ({"filters": [{"filter": "wavelet", "bands": "LLH", "family": "mexh"}]}, "discrete wavelet"),
        ({"intensity_ranges": {"adc": [1, 0]}}, "the range of adc ends before it begins"),
        ({"filters": [{"filter": "mean"}, {"filter": "mean"}]}, "names a filter twice"),
        ({"families": ["glcm", "glcm"]}, "names a family twice"),
    ],
)
def test_what_ibsi_cannot_mean_is_refused(section, message):
    with pytest.raises(ValueError, match=message):
        Radiomics(ibsi=section)


def test_own_parameters_lose_normalization_and_bins_for_a_map():
    text = "{setting: {normalize: true, normalizeScale: 100, binCount: 16, force2D: true}, imageType: {Original: {}}}"
    radiomics = Radiomics(parameters=yaml.safe_load(text), bin_widths={"ktrans": 0.01})
    assert for_image(radiomics).setting["binCount"] == 16
    of_map = for_map(radiomics, "ktrans").setting
    assert (of_map["normalize"], of_map.get("binCount"), of_map["binWidth"]) == (False, None, 0.01)
    assert of_map["force2D"] is True


def test_a_map_without_a_bin_width_is_refused():
    with pytest.raises(MrfedError, match=r"radiomics\.bin_widths has no width for the map suv"):
        for_map(Radiomics(), "suv")


def test_the_digest_is_of_the_meaning():
    one = Settings({"setting": {"binWidth": 25, "label": 1}, "featureClass": {"glcm": ["Idm", "Contrast"]}})
    same = Settings({"featureClass": {"glcm": ["Contrast", "Idm"]}, "setting": {"binWidth": 25.0}})
    assert one.digest == same.digest
    assert one.digest != Settings({"setting": {"binWidth": 24}, "featureClass": {"glcm": ["Contrast", "Idm"]}}).digest


def test_the_digest_covers_what_decides_a_value():
    base = digest_of(Radiomics(), ("early",), ("adc",))
    assert base == digest_of(Radiomics(), ("early",), ("adc",))
    others = [
        digest_of(Radiomics(wavelet=True), ("early",), ("adc",)),
        digest_of(Radiomics(preset=Preset.PYRADIOMICS), ("early",), ("adc",)),
        digest_of(Radiomics(ibsi={"spacing_mm": 2}), ("early",), ("adc",)),
        digest_of(Radiomics(ibsi={"bin_count": 64}), ("early",), ("adc",)),
        digest_of(Radiomics(ibsi={"filters": [{"filter": "mean"}]}), ("early",), ("adc",)),
        digest_of(Radiomics(ibsi={"intensity_ranges": {"adc": [0, 1]}}), ("early",), ("adc",)),
        digest_of(Radiomics(bin_widths={"adc": 1e-4}), ("early",), ("adc",)),
        digest_of(Radiomics(maximum_undefined_share=0), ("early",), ("adc",)),
        digest_of(Radiomics(), ("early", "late"), ("adc",)),
        digest_of(Radiomics(regions=()), ("early",), ("adc",)),
        digest_of(Radiomics(habitats=Habitats(maps=("adc",))), ("early",), ("adc",)),
    ]
    assert len({base, *others}) == 1 + len(others)


def test_sigma_has_one_name():
    assert Settings({"imageType": {"LoG": {"sigma": [1, 2.5]}}}).image_types == {"LoG": {"sigma": [1.0, 2.5]}}


def test_all_classes_are_taken_where_none_is_named():
    assert tuple(Settings({}).feature_classes) == FEATURE_CLASSES


def test_every_map_has_a_bin_width_and_every_width_a_map() -> None:
    maps = {quantity.name for one in REGISTRY.values() for quantity in one.gives}
    maps |= {quantity.name for quantity in QUANTITIES.values()}
    assert set(BIN_WIDTHS) == maps - {FUNCTIONAL_TUMOUR.name}
