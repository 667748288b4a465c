"""Kurtosis of diffusion: along one direction, and as a tensor from 64 images in 30 directions."""

import numpy as np
from scipy.optimize import curve_fit

from client.imaging.maps.dki import dki
from client.imaging.maps.dki_tensor import dki_tensor
from tests.validation.map_cases.case import Array, ModelCase, Parameter, fields
from tests.validation.map_cases.low_b import D

_B_DKI = np.array([0.0, 300, 700, 1000, 1500, 2000])


def _kurtosis(b: Array, d: float, k: float) -> Array:
    return np.exp(-b * d + (b * d) ** 2 * k / 6)


def _directions(count: int) -> Array:
    """Points spread over the sphere by the golden angle."""
    z = 1 - (2 * np.arange(count) + 1) / count
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    return np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], axis=1)


_TENSOR_B = np.array([0.0] * 4 + [1000.0] * 30 + [2000.0] * 30)
_TENSOR_N = np.concatenate([np.zeros((4, 3)), _directions(30), _directions(30)])
# Directions over the sphere and their weights: Gauss-Legendre along the axis, equal angles around it.
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(12)
_TURN = np.arange(24) * np.pi / 12
_SPHERE = np.stack(
    [
        np.outer(np.sqrt(1 - _NODES**2), np.cos(_TURN)).ravel(),
        np.outer(np.sqrt(1 - _NODES**2), np.sin(_TURN)).ravel(),
        np.repeat(_NODES, len(_TURN)),
    ],
    axis=1,
)
_SPHERE_WEIGHTS = np.repeat(_NODE_WEIGHTS, len(_TURN)) / 2 / len(_TURN)
_ALONG_OVER_ACROSS = 1.8


def _across(md: float) -> float:
    return 3 * md / (2 + _ALONG_OVER_ACROSS)


def _tensor(b: Array, md: float, mk: float) -> Array:
    """A tensor about the x axis; W is isotropic, so that K(n) varies with D(n), and its mean is `mk`."""
    across = _across(md)
    d = across * (1 + (_ALONG_OVER_ACROSS - 1) * _TENSOR_N[:, 0] ** 2)
    w = mk / (_SPHERE_WEIGHTS @ (md / across / (1 + (_ALONG_OVER_ACROSS - 1) * _SPHERE[:, 0] ** 2)) ** 2)
    return np.exp(-b * d + b**2 * md**2 * w / 6)


def _powers(directions: Array, degree: int) -> Array:
    """(n, terms) monomials of direction components."""
    exponents = [(i, j, degree - i - j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    return np.stack([np.prod(directions ** np.array(exponent), axis=1) for exponent in exponents], axis=1)


_TENSOR_DESIGN = np.concatenate(
    [
        np.ones((len(_TENSOR_B), 1)),
        -_TENSOR_B[:, None] / 1000 * _powers(_TENSOR_N, 2),
        (_TENSOR_B[:, None] / 1000) ** 2 / 6 * _powers(_TENSOR_N, 4),
    ],
    axis=1,
)


def _tensor_by_curve_fit(signal: Array) -> tuple[float, ...]:
    """All 22 unknowns by `curve_fit`; then the means over the sphere."""
    start = np.linalg.lstsq(_TENSOR_DESIGN, np.log(signal), rcond=None)[0]
    fitted, _ = curve_fit(
        lambda _, *x: np.exp(_TENSOR_DESIGN @ x),
        _TENSOR_B,
        signal,
        start,
        jac=lambda _, *x: np.exp(_TENSOR_DESIGN @ x)[:, None] * _TENSOR_DESIGN,
    )
    d, w = _powers(_SPHERE, 2) @ fitted[1:7], _powers(_SPHERE, 4) @ fitted[7:]
    if d.min() <= 0:
        return np.nan, np.nan
    return 1e-3 * float(_SPHERE_WEIGHTS @ d), float(_SPHERE_WEIGHTS @ (w / d**2))


CASES: tuple[ModelCase, ...] = (
    ModelCase(
        "DKI",
        (D, Parameter("K", "1", (0.4, 1.4), 0.8, (-1, 4))),
        _B_DKI,
        _kurtosis,
        lambda s: fields(dki(s, _B_DKI), D="diffusivity", K="kurtosis"),
    ),
    ModelCase(
        "DKI, tensor",
        (Parameter("MD", "mm²/s", (0.7e-3, 1.6e-3), 1e-3, (0, 4e-3)), Parameter("MK", "1", (0.4, 1.2), 0.8, (-1, 4))),
        _TENSOR_B,
        _tensor,
        lambda s: fields(dki_tensor(s, _TENSOR_B, _TENSOR_N), MD="md", MK="mk"),
        theirs=_tensor_by_curve_fit,
        note="scipy fits all 22 unknowns; 64 images in 30 directions",
    ),
)
