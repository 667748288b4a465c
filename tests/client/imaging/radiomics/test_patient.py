import numpy as np
import pytest

from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.patient import extract_patient
from client.imaging.volume import Geometry, Volume
from shared.sections.radiomics import Radiomics
from tests.client.imaging.radiomics.conftest import SHAPE, SPACING_MM

GEOMETRY = Geometry(SHAPE[::-1], SPACING_MM, (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
RADIOMICS = Radiomics(log_sigma_mm=())


@pytest.fixture(scope="module")
def features(textured, tumour):
    early = Volume(textured, GEOMETRY)
    adc = Volume(textured * np.float32(2e-6), GEOMETRY, "mm²/s")
    regions = {"tumour": tumour, "ring": 0 * tumour}
    return extract_patient({"early": early, "late": None}, {"adc": adc}, regions, RADIOMICS)


def test_every_image_and_region_has_every_column(features):
    # 96 intensity features of three images and 21 of shape, in two regions.
    assert len(features.values) == 2 * (3 * 96 + 21)
    assert features.values["adc.tumour.original_firstorder_Mean"] == pytest.approx(1e-3, rel=0.1)


def test_what_is_missing_is_named(features):
    assert features.missing["late.tumour.original_glcm_Idm"] is Missing.NO_IMAGE
    assert features.missing["early.ring.original_glcm_Idm"] is Missing.EMPTY_REGION
    assert features.missing["mask.ring.original_shape_Sphericity"] is Missing.EMPTY_REGION
    assert not any(name.startswith("early.tumour") for name in features.missing)
    assert {name for name, value in features.values.items() if np.isnan(value)} == set(features.missing)


def test_the_shape_does_not_depend_on_the_images(features, textured, tumour):
    other = extract_patient({"early": None}, {"adc": Volume(textured, GEOMETRY)}, {"tumour": tumour}, RADIOMICS)
    name = "mask.tumour.original_shape_MeshVolume"
    assert other.values[name] == features.values[name] > 0


def test_a_patient_without_any_image_has_every_column(features, tumour):
    nothing = extract_patient(
        {"early": None, "late": None}, {"adc": None}, {"tumour": tumour, "ring": tumour}, RADIOMICS
    )
    assert list(nothing.values) == list(features.values)
    assert set(nothing.missing.values()) == {Missing.NO_IMAGE}
