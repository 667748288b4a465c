"""Diffusion kurtosis imaging with the full diffusion and kurtosis tensors."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import factorial

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.imaging.maps.b_values import need_b_values, taken
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.fitting.log_linear import LogLinear
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume
from shared.sections.maps import DiffusionRequest

MEAN_DIFFUSIVITY = Quantity("dki_md", "mm²/s", 0, 4e-3)
FRACTIONAL_ANISOTROPY = Quantity("dki_fa", "1", 0, 1)
MEAN_KURTOSIS = Quantity("dki_mk", "1", 0, 3)

_UNKNOWNS = 22
# The normal equations of fewer or badly spread directions lose half of single precision's digits.
_WORST_CONDITION = 1e4


def _monomials(directions: Array, degree: int) -> Array:
    """(n, terms) products of direction components, times how often each occurs in the symmetric tensor."""
    columns = []
    for axes in combinations_with_replacement(range(3), degree):
        times = factorial(degree)
        for count in Counter(axes).values():
            times //= factorial(count)
        columns.append(times * np.prod(directions[:, axes], axis=1))
    return np.stack(columns, axis=1)


def _design(b: Array, directions: Array) -> Array:
    """(n, 22) rows of ln S = ln S0 - b D(n) + b² MD² W(n) / 6; b in ms/µm²."""
    return np.concatenate(
        [
            np.ones((len(b), 1)),
            -b[:, None] * _monomials(directions, 2),
            b[:, None] ** 2 / 6 * _monomials(directions, 4),
        ],
        axis=1,
    )


@dataclass(frozen=True)
class TensorFit:
    """Mean diffusivity (mm²/s), fractional anisotropy, mean kurtosis, residual as a share of S0, all (...)."""

    md: Array
    fa: Array
    mk: Array
    residual: Array


def dki_tensor(signal: Array, b_values: Array, directions: Array, inside: Mask | None = None) -> TensorFit:
    """Ln S = ln S0 - b n'Dn + b² MD² W(n, n, n, n) / 6 by weighted linear least squares and one non-linear step.

    Mean kurtosis is the mean over all directions of K(n) = MD² W(n) / D(n)², by Lebedev quadrature.

    Parameters
    ----------
    signal : (..., n) magnitude, arbitrary units
    b_values : (n) s/mm², at least three distinct
    directions : (n, 3) unit vectors, anything where b = 0; at least 15 distinct
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    TensorFit; NaN where a signal is not positive, mean kurtosis where a diffusivity is not either

    Raises
    ------
    ValueError where b-values and directions do not determine the 22 unknowns.

    Reference: Tabesh et al., Magnetic Resonance in Medicine 65 (2011) 823; Veraart et al., NeuroImage 81 (2013) 335.
    """
    from scipy.integrate import lebedev_rule  # a second that every worker would wait for

    design = _design(np.asarray(b_values, dtype=np.float64) / 1000, np.asarray(directions, dtype=np.float64))
    if not determined(design):
        raise ValueError("these b-values and directions do not determine the kurtosis tensor")
    fit = LogLinear(design, polish=True)
    sphere, weights = lebedev_rule(17)
    second, fourth = _monomials(sphere.T, 2), _monomials(sphere.T, 4)
    mean = weights / weights.sum()

    def block(s: Array) -> tuple[Array, ...]:
        _, *tensors, residual = fit.block(s)
        d, w = np.stack(tensors[:6]), np.stack(tensors[6:])
        md = (d[0] + d[3] + d[5]) / 3  # xx, yy, zz of xx, xy, xz, yy, yz, zz
        squares = d[0] ** 2 + d[3] ** 2 + d[5] ** 2 + 2 * (d[1] ** 2 + d[2] ** 2 + d[4] ** 2)
        fa = np.sqrt(np.maximum(1.5 * (squares - 3 * md**2), 0) / squares)
        along = second @ d
        kurtosis = (fourth @ w) / np.square(np.where(along > 0, along, np.nan))
        return md / 1000, fa, mean @ kurtosis, residual

    return TensorFit(*by_blocks(block, signal, 4, inside=inside, block_voxels=2048))


def determined(design: Array) -> bool:
    """Whether a design determines all unknowns, with digits to spare."""
    if len(design) < _UNKNOWNS:
        return False
    singular = np.linalg.svd(design, compute_uv=False)
    return bool(singular[-1] * _WORST_CONDITION > singular[0])


def _directed(acquired: Acquisition) -> Diffusion:
    """The series with every direction; where there is none, the other one, which will be refused."""
    series = [candidate for candidate in acquired.series if isinstance(candidate, Diffusion)]
    return next((candidate for candidate in series if candidate.directions is not None), series[0])


def _gathered(diffusion: Diffusion, settings: DiffusionRequest) -> tuple[list[int], Array, Array]:
    indices = taken(diffusion, settings)
    assert diffusion.directions is not None
    return indices, np.asarray(diffusion.b_values)[indices], np.asarray(diffusion.directions)[indices]


def _need_directions(acquired: Acquisition, settings: DiffusionRequest) -> str | None:
    diffusion = _directed(acquired)
    if diffusion.directions is not None:
        _, b, directions = _gathered(diffusion, settings)
        if determined(_design(b / 1000, directions)):
            return None
    return "two non-zero b-values with at least 15 well-spread gradient directions between them"


def _compute(acquired: Acquisition, settings: DiffusionRequest) -> MapResult:
    diffusion = _directed(acquired)
    indices, b, directions = _gathered(diffusion, settings)
    fit = dki_tensor(diffusion.signal[..., indices], b, directions, acquired.regions.get("breast"))
    return MapResult(
        (Volume(MEAN_DIFFUSIVITY, fit.md), Volume(FRACTIONAL_ANISOTROPY, fit.fa), Volume(MEAN_KURTOSIS, fit.mk)),
        fit=FitQuality(fit.residual, np.isfinite(fit.mk)),
    )


MAP = QuantitativeMap(
    reads=(Diffusion,),
    needs=(need_b_values(3, over=(1, 1400), of=_directed), _need_directions),
    gives=(MEAN_DIFFUSIVITY, FRACTIONAL_ANISOTROPY, MEAN_KURTOSIS),
    compute=_compute,
)
