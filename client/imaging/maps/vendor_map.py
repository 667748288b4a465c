"""Maps that the scanner computed: their unit is checked and converted, their numbers left alone."""

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, VendorMap
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume
from shared.errors import Code, MrfedError
from shared.sections.maps import VendorMapRequest, VendorQuantity

QUANTITIES: dict[VendorQuantity, Quantity] = {
    VendorQuantity.ADC: Quantity("vendor_adc", "mm²/s", 0, 3.5e-3),
    VendorQuantity.APT: Quantity("vendor_apt", "%", -10, 15),
    VendorQuantity.T1: Quantity("vendor_t1", "ms", 50, 5000),
    VendorQuantity.T2: Quantity("vendor_t2", "ms", 5, 2500),
    VendorQuantity.PD: Quantity("vendor_pd", "%", 1, 200),
    VendorQuantity.PE: Quantity("vendor_pe", "%", -50, 1000),
    VendorQuantity.SER: Quantity("vendor_ser", "1", 0, 3),
    VendorQuantity.CELL_DIAMETER: Quantity("vendor_cell_diameter", "µm", 1, 50),
    VendorQuantity.CELLULARITY: Quantity("vendor_cellularity", "1/µm", 0, 1),
    VendorQuantity.INTRACELLULAR_FRACTION: Quantity("vendor_intracellular_fraction", "1", 0, 1),
    VendorQuantity.B1: Quantity("vendor_b1", "1", 0.2, 2),
    VendorQuantity.B0: Quantity("vendor_b0", "ppm", -10, 10),
}

# Factor from a unit that vendors write to the one used here; spellings without the special characters as well.
_FACTORS: dict[str, dict[str, float]] = {
    "mm²/s": {"mm²/s": 1, "mm2/s": 1, "10^-3 mm2/s": 1e-3, "10^-6 mm2/s": 1e-6, "um2/s": 1e-6, "um2/ms": 1e-3},
    "%": {"%": 1, "percent": 1, "1": 100, "permille": 0.1},
    "ms": {"ms": 1, "s": 1000, "us": 1e-3},
    "1": {"1": 1, "%": 0.01, "10^-3": 1e-3},
    "µm": {"µm": 1, "um": 1, "mm": 1000, "m": 1e6},
    "1/µm": {"1/µm": 1, "1/um": 1, "1/mm": 1e-3},
    "ppm": {"ppm": 1},
}

# Typical values of tissue, over the whole image: a unit that is off by a thousand moves the median out.
_TYPICAL: dict[VendorQuantity, tuple[float, float]] = {
    VendorQuantity.ADC: (1e-4, 4e-3),
    VendorQuantity.APT: (-10, 15),
    VendorQuantity.T1: (100, 4500),
    VendorQuantity.T2: (10, 1000),
    VendorQuantity.PD: (5, 200),
    VendorQuantity.PE: (-50, 500),
    VendorQuantity.SER: (0.05, 3),
    VendorQuantity.CELL_DIAMETER: (2, 40),
    VendorQuantity.CELLULARITY: (1e-3, 1),
    VendorQuantity.INTRACELLULAR_FRACTION: (1e-3, 1),
    VendorQuantity.B1: (0.4, 1.8),
    VendorQuantity.B0: (-3, 3),
}


def _median(values: Array) -> float:
    """Median of what is a number and not background, which scanners write as zero."""
    inside = values[np.isfinite(values) & (values != 0)]
    return float(np.median(inside)) if inside.size else float("nan")


def in_unit(vendor: VendorMap) -> Array:
    """Values of a vendor's map in the unit of its quantity.

    Returns
    -------
    (...) float32

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where the unit is unknown, or where the median of the image is not that of
    tissue in the declared unit; the text names the unit that would fit.
    """
    quantity = QUANTITIES[vendor.quantity]
    factors = _FACTORS[quantity.unit]
    if vendor.unit not in factors:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{vendor.quantity}: unit {vendor.unit!r} is not one of {', '.join(factors)}; declare the unit of the "
            f"scanner's map in the mapping file (units: {{{vendor.quantity}: ...}})",
        )
    lowest, highest = _TYPICAL[vendor.quantity]
    median = _median(vendor.values)
    if not lowest <= median * factors[vendor.unit] <= highest:
        fitting = [unit for unit, factor in factors.items() if lowest <= median * factor <= highest]
        advice = f"the values would fit {fitting[0]}" if fitting else "the values fit no unit of this quantity"
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{vendor.quantity}: median {median:.4g} {vendor.unit} is not that of tissue; {advice}: check the "
            "rescale slope, and the unit that the mapping file declares (units)",
        )
    return np.asarray(vendor.values, dtype=np.float32) * np.float32(factors[vendor.unit])


def _need_quantity(acquired: Acquisition, request: VendorMapRequest) -> str | None:
    return None if acquired.vendor(request.quantity) else f"the scanner's {request.quantity}"


def _compute(acquired: Acquisition, request: VendorMapRequest) -> MapResult:
    vendor = acquired.vendor(request.quantity)
    assert vendor is not None
    return MapResult((Volume(QUANTITIES[request.quantity], in_unit(vendor)),))


MAP = QuantitativeMap(reads=(VendorMap,), needs=(_need_quantity,), gives=tuple(QUANTITIES.values()), compute=_compute)
