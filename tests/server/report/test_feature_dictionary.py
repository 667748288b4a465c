"""What every column of a feature table is."""

import pytest

from client.imaging.maps.registry import REGISTRY
from client.imaging.maps.vendor_map import QUANTITIES
from client.imaging.radiomics.habitats import habitat_names
from client.imaging.radiomics.ibsi.settings import FAMILIES
from client.imaging.radiomics.names import feature_names
from client.imaging.radiomics.settings import FEATURE_CLASSES, Settings, for_image
from server.report.feature_dictionary import MAP_UNITS, describe
from shared.sections.radiomics import Radiomics


@pytest.fixture(scope="module")
def names():
    return feature_names(
        Settings({"imageType": {"Original": {}, "Wavelet": {}}, "featureClass": dict.fromkeys(FEATURE_CLASSES)})
    )


def test_units_are_those_of_the_maps():
    computed = {quantity.name: quantity.unit for one in REGISTRY.values() for quantity in one.gives}
    imported = {quantity.name: quantity.unit for quantity in QUANTITIES.values()}
    assert computed | imported == MAP_UNITS


def test_every_feature_has_its_code_or_none_in_ibsi(names):
    entries = describe(f"adc.tumour.{name}" for name in names)
    without = {entry.name.split("_", 1)[1] for entry in entries if not entry.ibsi_code}
    assert without == {
        "firstorder_TotalEnergy",
        "glcm_MCC",
        "shape_Maximum2DDiameterColumn",
        "shape_Maximum2DDiameterRow",
        "shape_Maximum2DDiameterSlice",
    }


def test_every_feature_of_preset_ibsi_has_its_code() -> None:
    every = for_image(Radiomics.model_validate({"ibsi": {"families": list(FAMILIES)}}))
    entries = describe(f"adc.tumour.{name}" for name in feature_names(every))
    assert len(entries) == 21 + 6 * sum(len(names) for family, names in FAMILIES.items() if family != "shape")
    assert [entry.name for entry in entries if not entry.ibsi_code] == []


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        ("adc.tumour.original_firstorder_Mean", ("adc", "tumour", "original", "Q4LE", "mm²/s")),
        ("early.ring_0_3mm.original_firstorder_Variance", ("early", "ring_0_3mm", "original", "ECT3", "(a.u.)²")),
        ("mask.tumour.original_shape_MeshVolume", ("mask", "tumour", "original", "RNU0", "mm³")),
        ("wash_in.habitat_2.wavelet-LLH_firstorder_Mean", ("wash_in", "habitat_2", "wavelet-LLH", "Q4LE", "filtered")),
        ("early.tumour.original_laws_L5L5E5Mean", ("early", "tumour", "original", "", "a.u.")),
        ("adc.tumour.original_summary_p90", ("adc", "tumour", "original", "", "mm²/s")),
        ("adc.tumour.original_summary_skewness", ("adc", "tumour", "original", "", "1")),
        ("scalar.patient.functional_tumour_volume", ("", "patient", "", "", "ml")),
    ],
)
def test_an_entry_names_image_region_filter_code_and_unit(column, parts):
    (entry,) = describe([column])
    assert (entry.image, entry.region, entry.filter, entry.ibsi_code, entry.unit) == parts


def test_shares_of_habitats_have_no_unit():
    entries = describe(f"habitats.tumour.{name}" for name in habitat_names(3))
    assert len(entries) == 6
    assert {(entry.ibsi_code, entry.unit) for entry in entries} == {("", "1")}
