"""What stored values mean."""

import struct

import pytest
from pydicom.dataset import Dataset

from client.imaging.ingest.scaling import Scale, Scaling, scaling


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


def _philips(
    rescale: tuple[float, float] | None = (1.5, 0), scale_slope: float | None = 8.0,
    mapping: tuple[float, float, str, str] | None = None, kind: str = "normalized",
) -> Dataset:  # fmt: skip
    one = Dataset()
    one.Manufacturer = "Philips"
    if rescale is not None:
        (one.RescaleSlope, one.RescaleIntercept), one.RescaleType = rescale, kind
    if scale_slope is not None:
        one.add_new(0x20050010, "LO", "Philips MR Imaging DD 001")
        one.add_new(0x2005100E, "FL", scale_slope)
    if mapping is not None:
        item, unit = Dataset(), Dataset()
        item.RealWorldValueSlope, item.RealWorldValueIntercept, unit.CodeValue, unit.CodeMeaning = mapping
        item.MeasurementUnitsCodeSequence = [unit]
        one.RealWorldValueMappingSequence = [item]
    return one


NO_UNITS = ("1", "no units")


@pytest.mark.parametrize(
    ("header", "slope", "scale", "unit"),
    [
        (_philips(), 1 / 8, Scale.PRECISE, ""),
        (_philips(mapping=(1.5, 0.0, *NO_UNITS)), 1 / 8, Scale.PRECISE, ""),
        (_philips(rescale=None, mapping=(1.5, 0.0, *NO_UNITS)), 1 / 8, Scale.PRECISE, ""),
        (_philips(mapping=(0.01, 0.0, *NO_UNITS)), 0.01, Scale.REAL_WORLD, ""),
        (_philips(mapping=(2.0, 0.0, "ms", "milliseconds")), 2.0, Scale.REAL_WORLD, "ms"),
        (_philips(kind="ms"), 1.5, Scale.DISPLAY, "ms"),
        (_philips(scale_slope=None), 1.5, Scale.DISPLAY, ""),
        (_philips(scale_slope=None, mapping=(1.5, 0.0, *NO_UNITS)), 1.5, Scale.DISPLAY, ""),
    ],
)
def test_which_of_philips_scales_counts(header: Dataset, slope: float, scale: Scale, unit: str) -> None:
    found = scaling(header)
    assert found.slope == pytest.approx(slope)
    assert (found.scale, found.unit) == (scale, unit)


# What dcm2niix wrote into Ref/*.json of neurolabusc/dcm_qa_philips, dcm_qa_philips_enh (BSD 2-clause): rescale slope
# and intercept, scale slope, and whether a real-world mapping repeats the first two.
@pytest.mark.parametrize(
    ("series", "rescale", "scale_slope", "mapped"),
    [
        ("DT_HIGH_32DIR_SENSE_1201", (2.56801, 0), 0.00142011, False),
        ("dti_1101", (3.09524, 0), 0.000996504, False),
        ("WIP_dti_ax_601", (1.08205, 0), 0.00329864, False),
        ("EPI_asc_CLEAR_201", (1.29035, 0), 0.00428404, False),
        ("2201_WIP_DTI_S2MB2_cl", (1.07326, 0), 0.0498067, True),
        ("2001_WIP_fcMRI_Field_Mapping_cl_e1_ph", (1.53455, -3142), 651.74, True),
    ],
)
def test_the_scales_of_the_quality_assurance_sets(
    series: str, rescale: tuple[float, float], scale_slope: float, mapped: bool
) -> None:
    found = scaling(_philips(rescale, scale_slope, (*rescale, *NO_UNITS) if mapped else None))
    stored = 1000
    precise = (stored * rescale[0] + rescale[1]) / (rescale[0] * scale_slope)
    assert stored * found.slope + found.intercept == pytest.approx(precise, rel=1e-6), series


def test_an_anonymizer_left_the_bytes_alone() -> None:
    one = _philips(scale_slope=None)
    one.add_new(0x20050010, "LO", "Philips MR Imaging DD 001")
    one.add_new(0x2005100E, "UN", struct.pack("<f", 0.25))
    assert scaling(one).slope == 4
