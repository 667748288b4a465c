"""Non-linear least squares of models that are linear in one or two of their parameters.

Nearly every signal model is a sum of curves, each with an amplitude: S0 f exp(-b D*) + S0 (1 - f) exp(-b D). For
given shape parameters (D, D*) the best amplitudes follow in closed form, so only the shape is searched: from the
best node of a grid, by damped Gauss-Newton steps with a learned curvature, within bounds. Two parameters instead of
four, no start values to choose, and half the iterations.

References: variable projection, Golub and Pereyra, Inverse Problems 19 (2003) R1; its simplified derivative, Kaufman,
BIT 15 (1975) 49.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from client.imaging.maps.acquisition import Array, Mask
from client.imaging.maps.fitting.amplitudes import solve_amplitudes
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.lanes import Nodes, accept, linearize, new_lanes, next_trial, pull, turn_over
from client.imaging.maps.fitting.starts import StartGrid

Basis = Callable[[Array, Array, Array, Array], None]
"""Compiled `basis(x, known, shape, curves)`: writes the (q, n, lanes) curves for shape parameters (p, lanes)."""

Derivative = Callable[[Array, Array, Array, Array, Array, Array], None]
"""Compiled `derivative(x, known, shape, curves, amplitudes, out)`: writes d(model)/d(shape), (p, n, lanes)."""

# At the end of a block lanes run empty, so blocks are long; not a power of two, or all rows of a block would fall
# into the same few lines of the cache.
_BLOCK_VOXELS = 16_000


@cache
def _engine(basis: Basis, derivative: Derivative) -> Callable[..., None]:
    """Compile the search for one model."""

    @compiled
    def search(
        x: Array,
        known: Array,
        signal: Array,
        scales: Array,
        nodes: Array,
        start: Nodes,
        curves: int,
        lower: Array,
        upper: Array,
        iterations: int,
        tolerance: float,
        result: Array,
    ) -> None:
        lanes = new_lanes(nodes.shape[1], curves, len(signal), len(known))
        # All lanes have ended, with nothing to keep and no start left.
        lanes.ended[:] = True
        lanes.attempt[:] = len(start)
        lanes.trial_shape[:] = nodes[0, 0]
        following = turn_over(lanes, 0, signal, scales, known, nodes, start, lower, upper, iterations, result)
        while lanes.voxel.max() >= 0:
            basis(x, lanes.known, lanes.trial_shape, lanes.trial_curves)
            solve_amplitudes(
                lanes.trial_curves,
                lanes.signal,
                lanes.trial_amplitudes,
                lanes.trial_residual,
                lanes.trial_squares,
            )
            pull(lanes.jacobian, lanes.trial_residual, lanes.unseen)
            accept(lanes, tolerance)
            derivative(x, lanes.known, lanes.shape, lanes.curves, lanes.amplitudes, lanes.jacobian)
            linearize(lanes)
            next_trial(lanes, lower, upper, tolerance)
            following = turn_over(
                lanes, following, signal, scales, known, nodes, start, lower, upper, iterations, result
            )

    return search


@dataclass(frozen=True)
class Fit:
    """Result of a fit, voxel by voxel; all (...) float32, NaN where the signal is not finite or all zero."""

    shape: tuple[Array, ...]
    amplitudes: tuple[Array, ...]
    residual: Array
    """Root mean square residual, in the signal's unit."""
    converged: Mask


@dataclass(frozen=True)
class Separable:
    """A model: its compiled curves and derivatives, bounds of its shape parameters, and a grid of starts.

    Parameters
    ----------
    basis, derivative : compiled functions, see `Basis` and `Derivative`
    curves : number of curves, one or two
    lower, upper : (p) bounds of the shape parameters
    nodes : (nodes, p) shapes of which the best starts a voxel's search
    groups : consecutive parts of the nodes, of equal size; a search that ends at a bound or without one of the
        curves is repeated from the best node of every other group
    """

    basis: Basis
    derivative: Derivative
    curves: int
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    nodes: Array
    groups: int = 1

    def at(self, x: Array, n: int, known: Array, shapes: Array) -> Array:
        """(shapes, q, n) curves for shape parameters (shapes, p), all with the same known constants."""
        result = np.empty((len(shapes), self.curves, n))
        padded = np.resize(shapes, (-(-len(shapes) // LANES) * LANES, shapes.shape[1]))
        constants = np.repeat(known[:, None], LANES, axis=1)
        for begin in range(0, len(shapes), LANES):
            curves = np.empty((self.curves, n, LANES))
            self.basis(x, constants, np.ascontiguousarray(padded[begin : begin + LANES].T), curves)
            part = result[begin : begin + LANES]
            part[:] = np.moveaxis(curves, -1, 0)[: len(part)]
        return result

    def fit(
        self,
        x: Array,
        signal: Array,
        *,
        inside: Mask | None = None,
        known: tuple[float | Array, ...] = (),
        iterations: int = 60,
        tolerance: float = 1e-7,
    ) -> Fit:
        """Fit every voxel.

        Parameters
        ----------
        x : (m, n) what the signals were measured at, m rows (b-values; ...); models may take it wider
        signal : (..., n)
        inside : (...) where to fit; everywhere if None
        known : constants of the model, each one number or (...) of them; the starts are those for their median
        iterations : steps after which a voxel is given up as not converged
        tolerance : relative decrease of the sum of squares under which a step is the last
        """
        n, p = signal.shape[-1], len(self.lower)
        x = np.ascontiguousarray(x, dtype=np.float64)
        typical = np.array([np.nanmedian(parameter) for parameter in known], dtype=np.float64)
        grid = StartGrid.of(self.at(x, n, typical, self.nodes), self.groups)
        lower, upper = np.asarray(self.lower), np.asarray(self.upper)
        outputs = p + self.curves + 2
        search = _engine(self.basis, self.derivative)

        def block(values: Array) -> tuple[Array, ...]:
            result = np.full((outputs, values.shape[1]), np.nan)
            result[-1] = 0
            begin = grid.best(values[:n])
            scales = np.abs(values[:n]).max(axis=0)
            scales[~np.isfinite(values[n:]).all(axis=0)] = np.nan
            search(
                x,
                values[n:],
                values[:n],
                scales,
                self.nodes,
                begin,
                self.curves,
                lower,
                upper,
                iterations,
                tolerance,
                result,
            )
            return tuple(result)

        fitted = by_blocks(
            block, signal, outputs, beside=known, inside=inside, dtype=np.float64, block_voxels=_BLOCK_VOXELS
        )
        return Fit(fitted[:p], fitted[p : p + self.curves], fitted[-2], fitted[-1] == 1)
