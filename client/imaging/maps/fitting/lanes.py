"""Voxels whose searches advance together, a lane of the vector registers each, and the steps that they take.

A lane whose voxel has reached its minimum is given the next start, or the next voxel.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from client.imaging.maps.acquisition import Array, Mask
from client.imaging.maps.fitting.amplitudes import project_out
from client.imaging.maps.fitting.bounded_step import bounded_step
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.curvature import learn_curvature

Nodes = NDArray[np.int32]
"""(1 + groups, voxels) nodes to start from, -1 for none."""

_FIRST_DAMPING = 1e-3
_LESS, _MORE = 0.1, 8.0
# A damping this large means that no step lowers the sum: the minimum is reached to the last digit.
_STUCK = 1e8


class Lanes(NamedTuple):
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
def new_lanes(p: int, q: int, n: int, constants: int) -> Lanes:
    """Empty lanes for p shape parameters, q curves of n samples, and known constants."""
    return Lanes(
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
def accept(lanes: Lanes, tolerance: float) -> None:
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
def pull(jacobian: Array, residual: Array, out: Array) -> None:
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
def linearize(lanes: Lanes) -> None:
    """Gradient, Gauss-Newton Hessian and learned curvature from the derivatives, which are projected here."""
    project_out(lanes.jacobian, lanes.curves, lanes.amplitudes)
    lanes.change[:] = lanes.gradient
    pull(lanes.jacobian, lanes.residual, lanes.gradient)
    _normal_matrix(lanes.jacobian, lanes.hessian)
    for j in range(len(lanes.gradient)):
        for w in range(LANES):
            lanes.change[j, w] = lanes.gradient[j, w] - lanes.change[j, w]
            lanes.unseen[j, w] = lanes.gradient[j, w] - lanes.unseen[j, w]
    learn_curvature(lanes.curvature, lanes.step, lanes.change, lanes.unseen, lanes.moved)


@compiled
def next_trial(lanes: Lanes, lower: Array, upper: Array, tolerance: float) -> None:
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
def turn_over(
    lanes: Lanes,
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
