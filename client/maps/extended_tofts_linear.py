"""Extended Tofts model as a linear equation: ten times as fast, biased where noise is high or phases are far apart.

With the integrals of the tissue's own curve on the right-hand side the model becomes
C(t) = (Ktrans + k_ep v_p) * integral of C_p + v_p C_p(t) - k_ep * integral of C, which is linear in three numbers.
"""

import numpy as np

from client.maps import kinetics
from client.maps.acquisition import Acquisition, Array, Dynamic, Mask
from client.maps.fitting.blocks import by_blocks
from client.maps.fitting.compiled import compiled
from client.maps.kinetic_fit import KTRANS, V_E, V_P, check
from client.maps.patlak import running_integral
from client.maps.quantitative_map import QuantitativeMap
from client.maps.quantity import FitQuality, MapResult, Volume
from shared.sections.maps import PharmacokineticRequest

# The inner loops run over this many voxels, in vector registers and in the first-level cache.
_TILE = 256


@compiled
def _fit(c: Array, half_steps: Array, exposure: Array, plasma: Array, known: Array, result: Array) -> None:
    """Fit (n, voxels) concentrations; result (4, voxels): Ktrans, v_e, v_p, residual.

    `known` are the inner products of the two arterial columns: 00, 01, 11.
    """
    n, voxels = c.shape
    integral = np.empty(_TILE, np.float32)
    sums = np.empty((6, _TILE), np.float32)
    g00, g01, g11 = known[0], known[1], known[2]
    determinant = g00 * g11 - g01 * g01
    for begin in range(0, voxels, _TILE):
        size = min(_TILE, voxels - begin)
        integral[:] = 0.0
        sums[:] = 0.0
        for i in range(n):
            if i > 0:
                for v in range(size):
                    integral[v] += half_steps[i] * (c[i - 1, begin + v] + c[i, begin + v])
            for v in range(size):
                value = c[i, begin + v]
                sums[0, v] += exposure[i] * value
                sums[1, v] += plasma[i] * value
                sums[2, v] += value * value
                sums[3, v] += exposure[i] * integral[v]
                sums[4, v] += plasma[i] * integral[v]
        # The third column made orthogonal to the two arterial ones, in a second pass over the samples: from the
        # sums alone its length would be lost to rounding.
        for v in range(size):
            h0, h1 = sums[3, v], sums[4, v]
            sums[3, v] = (h0 * g11 - h1 * g01) / determinant
            sums[4, v] = (h1 * g00 - h0 * g01) / determinant
            integral[v] = 0.0
        power, along = np.zeros(_TILE, np.float32), np.zeros(_TILE, np.float32)
        for i in range(n):
            if i > 0:
                for v in range(size):
                    integral[v] += half_steps[i] * (c[i - 1, begin + v] + c[i, begin + v])
            for v in range(size):
                rest = integral[v] - sums[3, v] * exposure[i] - sums[4, v] * plasma[i]
                power[v] += rest * rest
                along[v] += rest * c[i, begin + v]
        for v in range(size):
            k_ep = -along[v] / power[v]
            u0, u1 = sums[0, v], sums[1, v]
            a0 = (u0 * g11 - u1 * g01) / determinant
            a1 = (u1 * g00 - u0 * g01) / determinant
            left = sums[2, v] - a0 * u0 - a1 * u1 - along[v] * along[v] / power[v]
            v_p = a1 + k_ep * sums[4, v]
            ktrans = a0 + k_ep * sums[3, v] - k_ep * v_p
            result[0, begin + v] = np.float32(60) * ktrans
            result[1, begin + v] = ktrans / k_ep
            result[2, begin + v] = v_p
            result[3, begin + v] = np.sqrt(max(left, np.float32(0)) / sums[2, v])


def extended_tofts_linear(
    concentration: Array,
    seconds: Array,
    arterial_seconds: Array,
    arterial: Array,
    *,
    inside: Mask | None = None,
) -> tuple[Array, Array, Array, Array]:
    """Extended Tofts parameters by linear least squares.

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

    Reference: Murase, Magnetic Resonance in Medicine 51 (2004) 858, equation 13.
    """
    check(seconds, arterial_seconds, at_least=4)
    exposure = running_integral(arterial_seconds, arterial)
    columns = np.stack(
        [
            np.interp(seconds, arterial_seconds, exposure, left=0.0),
            np.interp(seconds, arterial_seconds, arterial, left=0.0),
        ]
    )
    products = np.array([columns[0] @ columns[0], columns[0] @ columns[1], columns[1] @ columns[1]])
    half_steps = np.concatenate([[0.0], np.diff(seconds) / 2]).astype(np.float32)
    first, second = columns.astype(np.float32)

    def block(c: Array) -> tuple[Array, ...]:
        result = np.empty((4, c.shape[1]), dtype=np.float32)
        _fit(c, half_steps, first, second, products.astype(np.float32), result)
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
