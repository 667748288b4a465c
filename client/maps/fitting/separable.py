"""Non-linear least squares of models that are linear in one or two of their parameters.

Nearly every signal model is a sum of curves, each with an amplitude: S0 f exp(-b D*) + S0 (1 - f) exp(-b D). For
given shape parameters (D, D*) the best amplitudes follow in closed form, so only the shape is searched: from the
best node of a grid, by damped Gauss-Newton steps with a learned curvature, within bounds. Two parameters instead of
four, no start values to choose, and half the iterations.

Voxels advance together, a lane of the vector registers each; one that has reached its minimum hands its lane to the
next.

References: variable projection, Golub and Pereyra, Inverse Problems 19 (2003) R1; its simplified derivative, Kaufman,
BIT 15 (1975) 49.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from client.maps.acquisition import Array, Mask
from client.maps.fitting.amplitudes import project_out, solve_amplitudes
from client.maps.fitting.blocks import by_blocks
from client.maps.fitting.bounded_step import bounded_step
from client.maps.fitting.compiled import LANES, compiled
from client.maps.fitting.curvature import learn_curvature
from client.maps.fitting.starts import StartGrid

Basis = Callable[[Array, Array, Array, Array], None]
"""Compiled `basis(x, known, shape, curves)`: writes the (q, n, lanes) curves for shape parameters (p, lanes)."""

Derivative = Callable[[Array, Array, Array, Array, Array, Array], None]
"""Compiled `derivative(x, known, shape, curves, amplitudes, out)`: writes d(model)/d(shape), (p, n, lanes)."""

Nodes = NDArray[np.int32]
"""(1 + groups, voxels) nodes to start from, -1 for none."""

# At the end of a block lanes run empty, so blocks are long; not a power of two, or all rows of a block would fall
# into the same few lines of the cache.
_BLOCK_VOXELS = 16_000
_FIRST_DAMPING = 1e-3
_LESS, _MORE = 0.1, 8.0
# A damping this large means that no step lowers the sum: the minimum is reached to the last digit.
_STUCK = 1e8


class _Lanes(NamedTuple):
    """State of the voxels that are fitted together; the axis of the lanes is the last one of every array."""

    signal: Array
    known: Array
    shape: Array
    amplitudes: Array
    curves: Array
    residual: Array
    squares: Array
    trial_shape: Array
    trial_amplitudes: Array
    trial_curves: Array
    trial_residual: Array
    trial_squares: Array
    jacobian: Array
    gradient: Array
    hessian: Array
    curvature: Array
    change: Array
    unseen: Array
    step: Array
    damping: Array
    free: Array
    moved: Mask
    ended: Mask
    steps: NDArray[np.int64]
    voxel: NDArray[np.int64]
    attempt: NDArray[np.int64]
    scale: Array
    least: Array


@compiled
def _new_lanes(p: int, q: int, n: int, constants: int) -> _Lanes:
    return _Lanes(
        np.ones((n, LANES)),
        np.ones((constants, LANES)),
        np.ones((p, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, n, LANES)),
        np.zeros((n, LANES)),
        np.zeros(LANES),
        np.ones((p, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, n, LANES)),
        np.zeros((n, LANES)),
        np.zeros(LANES),
        np.zeros((p, n, LANES)),
        np.zeros((p, LANES)),
        np.zeros((p, p, LANES)),
        np.zeros((p, p, LANES)),
        np.zeros((p, LANES)),
        np.zeros((p, LANES)),
        np.zeros((p, LANES)),
        np.ones(LANES),
        np.zeros(LANES),
        np.zeros(LANES, np.bool_),
        np.zeros(LANES, np.bool_),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.ones(LANES),
        np.zeros(LANES),
    )


@compiled
def _accept(lanes: _Lanes, tolerance: float) -> None:
    """Make better trials the current points, set the damping, and mark the lanes that a small gain ends."""
    q, n, _ = lanes.curves.shape
    for w in range(LANES):
        first = np.isinf(lanes.squares[w])
        better = lanes.trial_squares[w] < lanes.squares[w]
        small = lanes.squares[w] - lanes.trial_squares[w] <= tolerance * lanes.squares[w]
        factor = _LESS if better else _MORE
        lanes.damping[w] = _FIRST_DAMPING if first else lanes.damping[w] * factor
        lanes.ended[w] = (better and small and not first) or lanes.damping[w] > _STUCK
        lanes.moved[w] = better and not first
        lanes.free[w] = 1.0 if better else 0.0
        lanes.squares[w] = lanes.trial_squares[w] if better else lanes.squares[w]
    for j in range(len(lanes.shape)):
        for w in range(LANES):
            lanes.shape[j, w] = lanes.trial_shape[j, w] if lanes.free[w] != 0 else lanes.shape[j, w]
    for k in range(q):
        for w in range(LANES):
            new, old = lanes.trial_amplitudes[k, w], lanes.amplitudes[k, w]
            lanes.amplitudes[k, w] = new if lanes.free[w] != 0 else old
        for i in range(n):
            for w in range(LANES):
                new, old = lanes.trial_curves[k, i, w], lanes.curves[k, i, w]
                lanes.curves[k, i, w] = new if lanes.free[w] != 0 else old
    for i in range(n):
        for w in range(LANES):
            new, old = lanes.trial_residual[i, w], lanes.residual[i, w]
            lanes.residual[i, w] = new if lanes.free[w] != 0 else old


@compiled
def _pull(jacobian: Array, residual: Array, out: Array) -> None:
    """-J'r, the gradient of half the sum of squares."""
    for j in range(len(jacobian)):
        for w in range(LANES):
            out[j, w] = 0.0
        for i in range(len(residual)):
            for w in range(LANES):
                out[j, w] -= jacobian[j, i, w] * residual[i, w]


@compiled
def _normal_matrix(jacobian: Array, out: Array) -> None:
    """J'J."""
    total = np.empty(LANES)
    for j in range(len(jacobian)):
        for k in range(j, len(jacobian)):
            for w in range(LANES):
                total[w] = 0.0
            for i in range(jacobian.shape[1]):
                for w in range(LANES):
                    total[w] += jacobian[j, i, w] * jacobian[k, i, w]
            for w in range(LANES):
                out[j, k, w] = total[w]
                out[k, j, w] = total[w]


@compiled
def _linearise(lanes: _Lanes) -> None:
    """Gradient, Gauss-Newton Hessian and learned curvature from the derivatives, which are projected here."""
    project_out(lanes.jacobian, lanes.curves, lanes.amplitudes)
    lanes.change[:] = lanes.gradient
    _pull(lanes.jacobian, lanes.residual, lanes.gradient)
    _normal_matrix(lanes.jacobian, lanes.hessian)
    for j in range(len(lanes.gradient)):
        for w in range(LANES):
            lanes.change[j, w] = lanes.gradient[j, w] - lanes.change[j, w]
            lanes.unseen[j, w] = lanes.gradient[j, w] - lanes.unseen[j, w]
    learn_curvature(lanes.curvature, lanes.step, lanes.change, lanes.unseen, lanes.moved)


@compiled
def _next_trial(lanes: _Lanes, lower: Array, upper: Array, tolerance: float) -> None:
    """Set the next trial, and mark the lanes that no step improves: all held by bounds, or nothing promised."""
    bounded_step(
        lanes.shape,
        lower,
        upper,
        lanes.gradient,
        lanes.hessian,
        lanes.curvature,
        lanes.damping,
        lanes.step,
        lanes.free,
    )
    for w in range(LANES):
        promised = 0.0
        for j in range(len(lanes.shape)):
            promised -= lanes.gradient[j, w] * lanes.step[j, w]
        idle = lanes.damping[w] <= 1 and abs(promised) <= tolerance * lanes.squares[w]
        lanes.ended[w] = lanes.ended[w] or lanes.free[w] == 0 or idle
    for j in range(len(lanes.shape)):
        for w in range(LANES):
            lanes.trial_shape[j, w] = lanes.shape[j, w] + lanes.step[j, w]


@compiled
def _turn_over(
    lanes: _Lanes,
    following: int,
    signal: Array,
    scales: Array,
    known: Array,
    nodes: Array,
    start: Nodes,
    lower: Array,
    upper: Array,
    iterations: int,
    result: Array,
) -> int:
    """Take the results out of the lanes that have ended, and give these their next start or the next voxel.

    Returns the voxel that follows. The arrays are taken out of the tuple first, which would count references at each
    access otherwise.
    """
    own_signal, own_known, shape, amplitudes = lanes.signal, lanes.known, lanes.shape, lanes.amplitudes
    squares, least, scale, ended = lanes.squares, lanes.least, lanes.scale, lanes.ended
    steps, voxel, attempt = lanes.steps, lanes.voxel, lanes.attempt
    trial_shape, curvature = lanes.trial_shape, lanes.curvature
    n, voxels = signal.shape
    p, q = len(shape), len(amplitudes)
    for w in range(LANES):
        steps[w] += 1
        if voxel[w] < 0 or not (ended[w] or steps[w] > iterations):
            continue
        v = voxel[w]
        if squares[w] < least[w]:
            least[w] = squares[w]
            for j in range(p):
                result[j, v] = shape[j, w]
            for k in range(q):
                result[p + k, v] = amplitudes[k, w] * scale[w]
            result[p + q, v] = np.sqrt(squares[w] / n) * scale[w]
            result[p + q + 1, v] = 1.0 if ended[w] else 0.0
        # At a bound or without one of the curves, another start may find better.
        doubtful = attempt[w] > 0
        for j in range(p):
            doubtful = doubtful or shape[j, w] <= lower[j] or shape[j, w] >= upper[j]
        for k in range(q):
            doubtful = doubtful or amplitudes[k, w] == 0
        attempt[w] += 1
        while attempt[w] < len(start) and (not doubtful or start[attempt[w], v] < 0):
            attempt[w] += 1
        if attempt[w] >= len(start):
            while following < voxels and not (scales[following] > 0 and np.isfinite(scales[following])):
                following += 1
            voxel[w] = following if following < voxels else -1
            if following == voxels:
                continue
            v = following
            following += 1
            attempt[w], scale[w], least[w] = 0, scales[v], np.inf
            for i in range(n):
                own_signal[i, w] = signal[i, v] / scales[v]
            for k in range(len(own_known)):
                own_known[k, w] = known[k, v]
        # Any sum of squares is better than an infinite one: the start will be accepted.
        squares[w], steps[w] = np.inf, 0
        for j in range(p):
            trial_shape[j, w] = nodes[start[attempt[w], v], j]
            for k in range(p):
                curvature[j, k, w] = 0.0
    return following


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
        lanes = _new_lanes(nodes.shape[1], curves, len(signal), len(known))
        # All lanes have ended, with nothing to keep and no start left.
        lanes.ended[:] = True
        lanes.attempt[:] = len(start)
        lanes.trial_shape[:] = nodes[0, 0]
        following = _turn_over(lanes, 0, signal, scales, known, nodes, start, lower, upper, iterations, result)
        while lanes.voxel.max() >= 0:
            basis(x, lanes.known, lanes.trial_shape, lanes.trial_curves)
            solve_amplitudes(
                lanes.trial_curves,
                lanes.signal,
                lanes.trial_amplitudes,
                lanes.trial_residual,
                lanes.trial_squares,
            )
            _pull(lanes.jacobian, lanes.trial_residual, lanes.unseen)
            _accept(lanes, tolerance)
            derivative(x, lanes.known, lanes.shape, lanes.curves, lanes.amplitudes, lanes.jacobian)
            _linearise(lanes)
            _next_trial(lanes, lower, upper, tolerance)
            following = _turn_over(
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
        typical = np.array([np.nanmedian(one) for one in known], dtype=np.float64)
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
