import numpy as np
import pytest

from client.imaging.maps.acquisition import Acquisition, VendorMap
from client.imaging.maps.registry import compute, request_of
from client.imaging.maps.vendor_map import in_unit
from shared.errors import Code, MrfedError
from shared.sections.maps import MapName, VendorQuantity


@pytest.mark.parametrize(
    ("quantity", "stored", "unit", "expected"),
    [
        (VendorQuantity.ADC, 1050, "10^-6 mm2/s", 1.05e-3),
        (VendorQuantity.ADC, 1.05, "um2/ms", 1.05e-3),
        (VendorQuantity.T1, 1.4, "s", 1400),
        (VendorQuantity.T2, 71, "ms", 71),
        (VendorQuantity.PD, 0.8, "1", 80),
        (VendorQuantity.APT, 2.5, "%", 2.5),
        (VendorQuantity.CELL_DIAMETER, 14, "um", 14),
    ],
)
def test_units_that_vendors_write(quantity: VendorQuantity, stored: float, unit: str, expected: float) -> None:
    values = in_unit(VendorMap(quantity, np.full((2, 2), stored), unit))
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_a_unit_off_by_a_million_is_refused_and_the_right_one_named() -> None:
    with pytest.raises(MrfedError) as refused:
        in_unit(VendorMap(VendorQuantity.ADC, np.full(10, 1050.0), "mm2/s"))
    assert refused.value.code is Code.DATA_INCONSISTENT
    assert "would fit 10^-6 mm2/s" in refused.value.text


def test_background_of_zeros_does_not_decide() -> None:
    values = np.zeros(100)
    values[:20] = 1400
    assert in_unit(VendorMap(VendorQuantity.T1, values, "ms")).max() == 1400


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(MrfedError, match="furlong"):
        in_unit(VendorMap(VendorQuantity.T1, np.ones(3), "furlong"))


def test_an_empty_map_is_refused() -> None:
    with pytest.raises(MrfedError, match="fit no unit"):
        in_unit(VendorMap(VendorQuantity.T1, np.zeros(3), "ms"))


def test_the_quantity_asked_for_is_the_one_given() -> None:
    maps = (
        VendorMap(VendorQuantity.T1, np.full(3, 1400.0), "ms"),
        VendorMap(VendorQuantity.T2, np.full(3, 70.0), "ms"),
    )
    result = compute(request_of(MapName.VENDOR_MAP, quantity="t2_map"), Acquisition("patient 7", maps))
    assert result.volumes[0].quantity.name == "vendor_t2"
    assert result.volumes[0].values.tolist() == [70.0] * 3
