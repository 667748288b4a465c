"""Perfusion: concentrations after contrast, convolved by the trapezoidal rule."""

import numpy as np

from client.imaging.maps.arterial_input import parker, plasma
from client.imaging.maps.extended_tofts import extended_tofts
from client.imaging.maps.extended_tofts_linear import extended_tofts_linear
from client.imaging.maps.patlak import patlak
from client.imaging.maps.tofts import tofts
from tests.validation.map_cases.case import Array, ModelCase, Parameter, fields, named

_SECONDS = np.concatenate([[-10.0, -5.0], np.arange(2.0, 300, 5.0)])
_AIF_SECONDS = np.arange(0.0, 301.0, 0.5)
_AIF = plasma(parker(_AIF_SECONDS), 0.42)


def _convolved(rate_per_s: float) -> Array:
    """Convolution on the arterial grid by the trapezoidal rule, read at the phases."""
    kernel = np.exp(-rate_per_s * (_AIF_SECONDS - _AIF_SECONDS[0]))
    full = np.convolve(_AIF, kernel)[: len(_AIF)] * 0.5 - 0.25 * (_AIF[0] * kernel + _AIF * kernel[0])
    return np.interp(_SECONDS, _AIF_SECONDS, full, left=0.0)


_CP = np.interp(_SECONDS, _AIF_SECONDS, _AIF, left=0.0)


def _extended(_: Array, ktrans: float, v_e: float, v_p: float) -> Array:
    return v_p * _CP + ktrans / 60 * _convolved(ktrans / v_e / 60)


def _patlak(_: Array, ktrans: float, v_p: float) -> Array:
    exposure = np.concatenate([[0.0], np.cumsum((_AIF[1:] + _AIF[:-1]) / 4)])
    return v_p * _CP + ktrans / 60 * np.interp(_SECONDS, _AIF_SECONDS, exposure, left=0.0)


_KTRANS = Parameter("Ktrans", "1/min", (0.05, 0.4), 0.15, (1e-4, 5))
_V_E = Parameter("v_e", "1", (0.15, 0.6), 0.3, (1e-3, 5))
_V_P = Parameter("v_p", "1", (0.01, 0.1), 0.03, (0, 1))
CASES: tuple[ModelCase, ...] = (
    ModelCase(
        "Tofts",
        (_KTRANS, _V_E),
        _SECONDS,
        lambda x, ktrans, v_e: _extended(x, ktrans, v_e, 0.0),
        lambda s: fields(tofts(s, _SECONDS, _AIF_SECONDS, _AIF), Ktrans="ktrans", v_e="v_e"),
        scaled=False,
        magnitude=False,
    ),
    ModelCase(
        "Extended Tofts",
        (_KTRANS, _V_E, _V_P),
        _SECONDS,
        _extended,
        lambda s: fields(extended_tofts(s, _SECONDS, _AIF_SECONDS, _AIF), Ktrans="ktrans", v_e="v_e", v_p="v_p"),
        scaled=False,
        magnitude=False,
    ),
    ModelCase(
        "Extended Tofts, linear",
        (_KTRANS, _V_E, _V_P),
        _SECONDS,
        _extended,
        lambda s: named(extended_tofts_linear(s, _SECONDS, _AIF_SECONDS, _AIF), "Ktrans", "v_e", "v_p"),
        scaled=False,
        magnitude=False,
        note="scipy fits the non-linear equation",
    ),
    ModelCase(
        "Patlak",
        (Parameter("Ktrans", "1/min", (0.01, 0.1), 0.05, (-1, 5)), _V_P),
        _SECONDS,
        _patlak,
        lambda s: named(patlak(s, _SECONDS, _AIF_SECONDS, _AIF), "Ktrans", "v_p"),
        scaled=False,
        magnitude=False,
    ),
)
