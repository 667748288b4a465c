"""The extended Tofts model at tabulated rates: a step from the nearest of them in place of a search.

At a rate k near the true one the model is linear in three numbers: v_p, Ktrans, and Ktrans times what k lacks. The
matrix that gives these of a voxel's curve depends on the rate alone, so it is computed once for each in the table.
"""

from dataclasses import dataclass

import numpy as np

from client.imaging.maps.acquisition import Array
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.convolution import convolve
from client.imaging.maps.fitting.logarithm import log_single

LOWEST, HIGHEST = np.float32(1e-4), np.float32(0.5)
"""Rates of the table, 1/s: neighbours are 3 % apart, and what the step leaves out is the square of half of that."""
_RATES = 4 * LANES
_PER_LOG = np.float32((_RATES - 1) / np.log(HIGHEST / LOWEST))

_NEGLIGIBLE = 1e-5
"""Share of the table's largest component under which a curve is left out of its basis."""


@dataclass(frozen=True)
class RateTable:
    """Matrices for the steps.

    Parameters
    ----------
    rates : (rates) 1/s
    basis : (m, n) orthonormal curves that span all of the table's, fewer than there are phases
    inverse : (m, rates, 3) from a voxel's curve in that basis to Ktrans in 1/s, v_p, and Ktrans times the change of
        the rate
    products : (rates, 6) inner products of the three curves: 00, 01, 02, 11, 12, 22
    """

    rates: Array
    basis: Array
    inverse: Array
    products: Array

    @classmethod
    def of(cls, seconds: Array, arterial_seconds: Array, arterial: Array) -> "RateTable":
        """The table of an examination: phases, and the arterial curve, linear between its times, zero before."""
        rates, n = np.geomspace(LOWEST, HIGHEST, _RATES), len(seconds)
        curves = np.empty((_RATES, n, 3))
        response, by_rate, plasma, unused = (np.empty((n, LANES)) for _ in range(4))
        for begin in range(0, _RATES, LANES):
            some = slice(begin, begin + LANES)
            no_delay = np.zeros(LANES)
            convolve(arterial_seconds, arterial, seconds, rates[some], no_delay, response, by_rate, plasma, unused)
            curves[some, :, 0], curves[some, :, 1], curves[some, :, 2] = response.T, plasma.T, by_rate.T
        lengths = np.linalg.norm(curves, axis=1, keepdims=True)
        sizes, basis = np.linalg.svd((curves / lengths).swapaxes(1, 2).reshape(-1, n), full_matrices=False)[1:]
        basis = basis[sizes > _NEGLIGIBLE * sizes[0]]
        products = curves.swapaxes(1, 2) @ curves
        return cls(
            rates.astype(np.float32),
            basis.astype(np.float32),
            np.ascontiguousarray((np.linalg.pinv(curves) @ basis.T).transpose(2, 0, 1), dtype=np.float32),
            products[:, *np.triu_indices(3)].astype(np.float32),
        )


@compiled
def step(
    u: Array, begin: int, size: int, rates: Array, inverse: Array, products: Array, power: Array, result: Array
) -> None:
    """Replace the parameters of a tile by those after a step from the tabulated rate nearest to theirs.

    Parameters
    ----------
    u : (m, voxels) concentrations in the table's basis; the tile is `size` voxels from `begin` on
    rates, inverse, products : of a `RateTable`
    power : (tile) sum of squares of each voxel's curve
    result : (4, voxels) Ktrans in 1/min, v_e, v_p, residual; the first two are where the step begins
    """
    node, sums = np.empty(len(power), np.uint32), np.empty((3, len(power)), np.float32)
    minute, half, three, zero, nan = np.float32(60), np.float32(0.5), np.float32(3), np.float32(0), np.float32(np.nan)
    ktrans, v_e = result[0, begin : begin + size], result[1, begin : begin + size]
    v_p, residual = result[2, begin : begin + size], result[3, begin : begin + size]
    for v in range(size):
        rate = ktrans[v] / (v_e[v] * minute)
        rate = min(rate, HIGHEST) if rate > LOWEST else LOWEST
        node[v] = np.uint32(log_single(rate / LOWEST) * _PER_LOG + half)
    sums[:] = zero
    for i in range(len(u)):
        now, matrix = u[i, begin : begin + size], inverse[i]
        for v in range(size):
            value, at = now[v], node[v]
            sums[0, v] += matrix[at, 0] * value
            sums[1, v] += matrix[at, 1] * value
            sums[2, v] += matrix[at, 2] * value
    for v in range(size):
        inflow, plasma, change = sums[0, v], sums[1, v], sums[2, v]
        g = products[node[v]]
        explained = inflow * (inflow * g[0] + np.float32(2) * (plasma * g[1] + change * g[2]))
        explained += plasma * (plasma * g[3] + np.float32(2) * change * g[4]) + change * change * g[5]
        rate = rates[node[v]]
        moved = rate + change / inflow
        moved = min(max(moved, rate / three), rate * three)
        given = power[v] > zero
        ktrans[v] = minute * inflow if given else nan
        v_e[v] = inflow / moved if given else nan
        v_p[v] = plasma if given else nan
        residual[v] = np.sqrt(max(power[v] - explained, zero) / power[v]) if given else nan
