"""Extended Tofts model as a linear equation: ten times as fast as the search.

With the integrals of the tissue's own curve on the right-hand side the model becomes
C(t) = (Ktrans + k_ep v_p) * integral of C_p + v_p C_p(t) - k_ep * integral of C, which is linear in three numbers. Its
integrals of a curve that is known at the phases alone are rough; one step on the model's exact curves takes that back.
"""

import numpy as np

from client.imaging.maps import kinetics
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic, Mask
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.fitting.compiled import compiled
from client.imaging.maps.kinetic_fit import KTRANS, V_E, V_P, check
from client.imaging.maps.patlak import running_integral
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Volume
from client.imaging.maps.rate_table import RateTable, step
from shared.sections.maps import PharmacokineticRequest

# The inner loops run over this many voxels, in vector registers and in the first-level cache. What they sum up are rows
# of one array, a constant distance apart: only then does the compiler see that these do not overlap.
_TILE = 256
_INTEGRAL, _BY_EXPOSURE, _BY_PLASMA, _POWER, _ALONG, _REST, _SUMS = 0, 1, 2, 3, 4, 5, 6


@compiled
def _sums(c: Array, begin: int, size: int, half_steps: Array, exposure: Array, plasma: Array, work: Array) -> None:
    """Inner products of the concentrations and of their integrals with the arterial columns."""
    before = c[0, begin : begin + size]
    for i in range(len(c)):
        now, half, x, p = c[i, begin : begin + size], half_steps[i], exposure[i], plasma[i]
        for v in range(size):
            value = now[v]
            integral = work[_INTEGRAL, v] + half * (before[v] + value)
            work[_INTEGRAL, v] = integral
            work[_BY_EXPOSURE, v] += x * value
            work[_BY_PLASMA, v] += p * value
            work[_POWER, v] += value * value
            work[_ALONG, v] += x * integral
            work[_REST, v] += p * integral
        before = now


@compiled
def _orthogonal(
    c: Array, begin: int, size: int, half_steps: Array, exposure: Array, plasma: Array, share: Array, work: Array
) -> None:
    """Squared length of the integral's part that is orthogonal to both arterial columns, and its product with c."""
    before = c[0, begin : begin + size]
    for i in range(len(c)):
        now, half, x, p = c[i, begin : begin + size], half_steps[i], exposure[i], plasma[i]
        for v in range(size):
            value = now[v]
            integral = work[_INTEGRAL, v] + half * (before[v] + value)
            work[_INTEGRAL, v] = integral
            rest = integral - share[0, v] * x - share[1, v] * p
            work[_REST, v] += rest * rest
            work[_ALONG, v] += rest * value
        before = now


@compiled
def _fit(
    c: Array,
    u: Array,
    half_steps: Array,
    exposure: Array,
    plasma: Array,
    known: Array,
    rates: Array,
    inverse: Array,
    products: Array,
    result: Array,
) -> None:
    """Fit (n, voxels) concentrations; result (4, voxels): Ktrans, v_e, v_p, residual.

    `u` are the concentrations in the table's basis, `known` the inner products of the two arterial columns: 00, 01,
    11; `rates`, `inverse` and `products` are a `RateTable`'s.
    """
    voxels = c.shape[1]
    work, share = np.empty((_SUMS, _TILE), np.float32), np.empty((2, _TILE), np.float32)
    g00, g01, g11 = known[0], known[1], known[2]
    minute, zero = np.float32(60), np.float32(0)
    scale = np.float32(1) / (g00 * g11 - g01 * g01)
    for begin in range(0, voxels, _TILE):
        size = min(_TILE, voxels - begin)
        work[:] = 0
        _sums(c, begin, size, half_steps, exposure, plasma, work)
        # The third column made orthogonal to the two arterial ones, in a second pass over the samples: from the
        # sums alone its length would be lost to rounding.
        for v in range(size):
            h0, h1 = work[_ALONG, v], work[_REST, v]
            share[0, v] = (h0 * g11 - h1 * g01) * scale
            share[1, v] = (h1 * g00 - h0 * g01) * scale
            work[_INTEGRAL, v] = zero
            work[_ALONG, v] = zero
            work[_REST, v] = zero
        _orthogonal(c, begin, size, half_steps, exposure, plasma, share, work)
        ktrans, v_e = result[0, begin : begin + size], result[1, begin : begin + size]
        for v in range(size):
            k_ep = -work[_ALONG, v] / work[_REST, v]
            u0, u1 = work[_BY_EXPOSURE, v], work[_BY_PLASMA, v]
            v_p = (u1 * g00 - u0 * g01) * scale + k_ep * share[1, v]
            inflow = (u0 * g11 - u1 * g01) * scale + k_ep * share[0, v] - k_ep * v_p
            ktrans[v] = minute * inflow
            v_e[v] = inflow / k_ep
        step(u, begin, size, rates, inverse, products, work[_POWER], result)


def extended_tofts_linear(
    concentration: Array,
    seconds: Array,
    arterial_seconds: Array,
    arterial: Array,
    *,
    inside: Mask | None = None,
) -> tuple[Array, Array, Array, Array]:
    """Extended Tofts parameters by linear least squares, and one linearized step on the exact curves.

    Parameters
    ----------
    concentration : (..., n) mmol/l in tissue, zero at the first phase
    seconds : (n) times of the phases, increasing
    arterial_seconds, arterial : (grid) times and plasma concentration in mmol/l, linear between, zero before
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    Ktrans (1/min), v_e, v_p, and the root mean square residual as a share of the root mean square concentration,
    each (...) float32; NaN where a concentration is not finite or all are zero

    Raises
    ------
    ValueError for fewer than four phases, or times that do not increase.

    Reference: Murase, Magnetic Resonance in Medicine 51 (2004) 858, equation 13; the step is Gauss and Newton's.
    """
    check(seconds, arterial_seconds, at_least=4)
    exposure = running_integral(arterial_seconds, arterial)
    columns = np.stack(
        [
            np.interp(seconds, arterial_seconds, exposure, left=0.0),
            np.interp(seconds, arterial_seconds, arterial, left=0.0),
        ]
    )
    known = np.array([columns[0] @ columns[0], columns[0] @ columns[1], columns[1] @ columns[1]], dtype=np.float32)
    table = RateTable.of(seconds, arterial_seconds, arterial)
    half_steps = np.concatenate([[0.0], np.diff(seconds) / 2]).astype(np.float32)
    first, second = columns.astype(np.float32)

    def block(c: Array) -> tuple[Array, ...]:
        result = np.empty((4, c.shape[1]), dtype=np.float32)
        _fit(c, table.basis @ c, half_steps, first, second, known, table.rates, table.inverse, table.products, result)
        return tuple(result)

    ktrans, v_e, v_p, residual = by_blocks(block, concentration, 4, inside=inside)
    return ktrans, v_e, v_p, residual


def _compute(acquired: Acquisition, settings: PharmacokineticRequest) -> MapResult:
    dynamic = acquired.get(Dynamic)
    seconds = np.asarray(dynamic.seconds)
    ktrans, v_e, v_p, residual = extended_tofts_linear(
        kinetics.tissue_concentration(acquired, settings),
        seconds,
        *kinetics.arterial_curve(settings, seconds[-1]),
        inside=acquired.regions.get("breast"),
    )
    return MapResult(
        (Volume(KTRANS, ktrans), Volume(V_E, v_e), Volume(V_P, v_p)),
        fit=FitQuality(residual, np.isfinite(ktrans)),
        timing_assumed=dynamic.timing_assumed,
    )


MAP = QuantitativeMap(reads=(Dynamic,), needs=kinetics.NEEDS, gives=(KTRANS, V_E, V_P), compute=_compute)
