"""What stored values mean."""

import pytest
from pydicom.dataset import Dataset

from client.imaging.ingest.scaling import Scaling, scaling


def test_rescale_slope_and_intercept() -> None:
    one = Dataset()
    one.RescaleSlope, one.RescaleIntercept, one.RescaleType = 0.001, -1, "US"
    assert scaling(one) == Scaling(0.001, -1.0, "")


def test_philips_values_are_divided_by_the_private_scale_slope() -> None:
    # Chenevert et al. 2014: (stored x RS + RI) / (RS x SS)
    one = Dataset()
    one.Manufacturer = "Philips Medical Systems"
    one.RescaleSlope, one.RescaleIntercept = 1.25, 10
    one.add_new(0x20050010, "LO", "Philips MR Imaging DD 001")
    one.add_new(0x2005100E, "FL", 0.5)
    found = scaling(one)
    assert 200 * found.slope + found.intercept == pytest.approx((200 * 1.25 + 10) / (1.25 * 0.5))


def test_a_real_world_mapping_comes_first_and_names_the_unit() -> None:
    unit = Dataset()
    unit.CodeValue = "mm2/s"
    mapping = Dataset()
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 1e-6, 0.0
    mapping.MeasurementUnitsCodeSequence = [unit]
    one = Dataset()
    one.RescaleSlope, one.RescaleIntercept = 2, 3
    one.RealWorldValueMappingSequence = [mapping]
    assert scaling(one) == Scaling(1e-6, 0.0, "mm2/s")


def test_a_frame_of_an_enhanced_object_has_its_own() -> None:
    values = Dataset()
    values.RescaleSlope, values.RescaleIntercept = 2, 3
    frame = Dataset()
    frame.PixelValueTransformationSequence = [values]
    assert scaling(Dataset(), (frame,)) == Scaling(2.0, 3.0, "")


def test_without_any_the_stored_values_hold() -> None:
    assert scaling(Dataset()) == Scaling(1.0, 0.0, "")
