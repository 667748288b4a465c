"""Signals that no tissue has: missing, zero, negative, saturated. No map fails on them, and no voxel on another's."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from client.imaging.maps.acquisition import (
    Acquisition,
    Diffusion,
    DiffusionTimes,
    Dynamic,
    FlipAngles,
    Saturation,
    VendorMap,
)
from client.imaging.maps.ivim_segmented import ivim_segmented
from client.imaging.maps.registry import compute, request_of
from shared.sections.maps import MapName, VendorQuantity

pytestmark = pytest.mark.slow  # compiles every fit

Array = NDArray[np.float32]
_SECONDS = tuple(np.arange(-16.0, 400, 16))
_B = (0.0, 10, 30, 60, 100, 200, 400, 800, 1500, 2500)
_DIRECTIONS = np.random.default_rng(0).standard_normal((64, 3))
_DIRECTIONS /= np.linalg.norm(_DIRECTIONS, axis=1, keepdims=True)


def dynamic(signal: Array) -> Acquisition:
    series = Dynamic(signal, _SECONDS, tr_ms=4.5, flip_angle_deg=12, field_t=3)
    every = np.ones(signal.shape[:-1], dtype=bool)
    regions = {"voi": every, "contralateral_fibroglandular": every}
    return Acquisition("x", (series,), regions, voxel_volume_ml=0.001)


def diffusion(signal: Array) -> Acquisition:
    return Acquisition("x", (Diffusion(signal, _B),))


def tensor(signal: Array) -> Acquisition:
    b = (0.0,) * 4 + (1000.0,) * 30 + (2000.0,) * 30
    return Acquisition("x", (Diffusion(signal, b, tuple(map(tuple, _DIRECTIONS))),))


def times(signal: Array) -> Acquisition:
    hz = (0.0,) * 4 + (17.0,) * 3
    b = (0.0, 300, 700, 1200, 0, 300, 600)
    return Acquisition("x", (DiffusionTimes(signal, b, hz, (12,) * 4 + (60,) * 3, (74,) * 4 + (66,) * 3),))


def angles(signal: Array) -> Acquisition:
    return Acquisition("x", (FlipAngles(signal, (2, 5, 10, 15), 5.0),))


def saturation(signal: Array) -> Acquisition:
    offsets = (-4.0, -3.5, -3, 3, 3.5, 4)
    field = np.zeros(signal.shape[:-1])
    return Acquisition("x", (Saturation(signal[..., 1:], offsets, signal[..., 0], field, True),))


def vendor(signal: Array) -> Acquisition:
    # Of the map, not of a voxel, the unit is judged: enough tissue to judge it by comes along.
    values = np.concatenate([signal[..., 0].ravel(), np.full(1000, 1400.0)])
    return Acquisition("x", (VendorMap(VendorQuantity.T1, values, "ms"),))


CASES: dict[MapName, tuple[Callable[[Array], Acquisition], int, dict[str, object]]] = {
    **{
        name: (dynamic, len(_SECONDS), {})
        for name in (
            MapName.PERCENT_ENHANCEMENT,
            MapName.WASH_IN,
            MapName.WASHOUT,
            MapName.SIGNAL_ENHANCEMENT_RATIO,
            MapName.CURVE_TYPE,
            MapName.TIME_TO_PEAK,
            MapName.MAXIMUM_SLOPE,
            MapName.FUNCTIONAL_TUMOUR_VOLUME,
            MapName.BACKGROUND_ENHANCEMENT,
        )
    },
    **{
        name: (dynamic, len(_SECONDS), {"t1_ms": 1400})
        for name in (MapName.TOFTS, MapName.EXTENDED_TOFTS, MapName.EXTENDED_TOFTS_LINEAR, MapName.PATLAK)
    },
    **{
        name: (diffusion, len(_B), {})
        for name in (
            MapName.ADC,
            MapName.IVIM,
            MapName.IVIM_SEGMENTED,
            MapName.DKI,
            MapName.STRETCHED_EXPONENTIAL,
            MapName.CTRW,
            MapName.RESTRICTION_SPECTRUM,
        )
    },
    MapName.DKI_TENSOR: (tensor, 64, {}),
    MapName.TIME_DEPENDENT_DIFFUSION: (times, 7, {}),
    MapName.T1: (angles, 4, {}),
    MapName.APT_WEIGHTED: (saturation, 7, {}),
    MapName.VENDOR_MAP: (vendor, 1, {"quantity": "t1_map"}),
}

VALUES = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, -7.0, 1e-30, 1e30, 4095.0, 1.0, 300.0])


def test_every_map_is_tried() -> None:
    assert set(CASES) == set(MapName)


@pytest.mark.parametrize("name", CASES, ids=str)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nothing_fails_and_no_voxel_touches_another(name: MapName, data: st.DataObject) -> None:
    acquisition, n, asked = CASES[name]
    bad = np.array(data.draw(st.lists(VALUES, min_size=n, max_size=n)), dtype=np.float32)
    flat = np.full(n, data.draw(VALUES), dtype=np.float32)
    tissue = (500 * np.exp(-np.linspace(0, 1.2, n))).astype(np.float32)
    # (z, y, x, n); corners apart, since the functional tumour volume looks at neighbours.
    signal = np.tile(tissue, (3, 3, 3, 1))
    signal[0, 0, 0], signal[2, 2, 2] = bad, flat
    result = compute(request_of(name, **asked), acquisition(signal))
    alone = compute(request_of(name, **asked), acquisition(np.tile(tissue, (3, 3, 3, 1))))
    for volume, clean in zip(result.volumes, alone.volumes, strict=True):
        values = volume.values.ravel()[:27].reshape(3, 3, 3)
        np.testing.assert_array_equal(values[1, 1, 1], clean.values.ravel()[13])
        assert volume.values.dtype == np.float32
        assert not np.isinf(values[volume.in_range.ravel()[:27].reshape(3, 3, 3)]).any()
    if result.fit is not None and np.isnan(bad).any():
        for volume in result.volumes:
            assert np.isnan(volume.values[0, 0, 0])
        assert not result.fit.converged[0, 0, 0]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[0] is not vendor], ids=str)
def test_a_volume_of_nothing_but_zeros(name: MapName) -> None:
    acquisition, n, asked = CASES[name]
    result = compute(request_of(name, **asked), acquisition(np.zeros((3, 3, 3, n), dtype=np.float32)))
    if result.fit is not None:
        assert not result.fit.converged.any()
        for volume in result.volumes:
            assert np.isnan(volume.values).all()


def test_segmented_ivim_fits_nothing_where_an_image_is_missing() -> None:
    """D needs the images from the split on only; a voxel that some image lacks has no fit all the same."""
    b = np.array([0, 20, 50, 100, 200, 400, 800], dtype=float)
    signal = np.tile(np.exp(-b / 1000).astype(np.float32) * 500, (3, 1))
    signal[0, 0] = signal[1, 2] = np.nan
    fit = ivim_segmented(signal, b)
    for values in (fit.f, fit.d, fit.d_star):
        assert np.isnan(values[:2]).all()
    assert np.isfinite(fit.d[2])
