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
from typing import NamedTuple

import numpy as np

from client.maps.acquisition import Array, Mask
from client.maps.fitting.amplitudes import best_node, project_out, solve_amplitudes
from client.maps.fitting.blocks import by_blocks
from client.maps.fitting.bounded_step import bounded_step
from client.maps.fitting.compiled import compiled
from client.maps.fitting.curvature import learn_curvature

Basis = Callable[[Array, Array, Array, Array], None]
"""Compiled `basis(x, known, shape, curves)`: writes the (q, n) curves for shape parameters (p)."""

Derivative = Callable[[Array, Array, Array, Array, Array, Array], None]
"""Compiled `derivative(x, known, shape, curves, amplitudes, out)`: writes d(model)/d(shape), (p, n)."""

_FIRST_DAMPING = 1e-3
_LESS, _MORE = 0.1, 8.0
# A damping this large means that no step lowers the sum: the minimum is reached to the last digit.
_STUCK = 1e8


class _Work(NamedTuple):
    """Arrays that one thread writes to, voxel after voxel: of p parameters, q curves and n samples."""

    shape: Array
    amplitudes: Array
    curves: Array
    residual: Array
    new_shape: Array
    new_amplitudes: Array
    new_curves: Array
    new_residual: Array
    jacobian: Array
    hessian: Array
    curvature: Array
    matrix: Array
    gradient: Array
    change: Array
    unseen: Array
    step: Array
    fixed: Mask


@compiled
def _workspace(p: int, q: int, n: int) -> _Work:
    return _Work(
        np.empty(p),
        np.empty(q),
        np.empty((q, n)),
        np.empty(n),
        np.empty(p),
        np.empty(q),
        np.empty((q, n)),
        np.empty(n),
        np.empty((p, n)),
        np.empty((p, p)),
        np.empty((p, p)),
        np.empty((p, p)),
        np.empty(p),
        np.empty(p),
        np.empty(p),
        np.empty(p),
        np.empty(p, np.bool_),
    )


@compiled
def _accept(work: _Work) -> None:
    """Make the trial the current point."""
    for j in range(work.shape.size):
        work.shape[j] = work.new_shape[j]
    for k in range(work.amplitudes.size):
        work.amplitudes[k] = work.new_amplitudes[k]
        for i in range(work.residual.size):
            work.curves[k, i] = work.new_curves[k, i]
    for i in range(work.residual.size):
        work.residual[i] = work.new_residual[i]


@compiled
def _pull(jacobian: Array, residual: Array, out: Array) -> None:
    """-J'r, the gradient of half the sum of squares."""
    for j in range(len(jacobian)):
        total = 0.0
        for i in range(residual.size):
            total += jacobian[j, i] * residual[i]
        out[j] = -total


@compiled
def _normal_matrix(jacobian: Array, out: Array) -> None:
    """J'J."""
    for j in range(len(jacobian)):
        for k in range(j, len(jacobian)):
            total = 0.0
            for i in range(jacobian.shape[1]):
                total += jacobian[j, i] * jacobian[k, i]
            out[j, k] = total
            out[k, j] = total


@compiled
def _linearise(work: _Work, moved: bool) -> None:
    """Gradient, Gauss-Newton Hessian and learned curvature from the Jacobian, which is projected here."""
    project_out(work.jacobian, work.curves, work.amplitudes)
    for j in range(work.gradient.size):
        work.change[j] = work.gradient[j]
    _pull(work.jacobian, work.residual, work.gradient)
    _normal_matrix(work.jacobian, work.hessian)
    if moved:
        for j in range(work.gradient.size):
            work.change[j] = work.gradient[j] - work.change[j]
            work.unseen[j] = work.gradient[j] - work.unseen[j]
        learn_curvature(work.curvature, work.step, work.change, work.unseen)


@compiled
def _doubtful(work: _Work, lower: Array, upper: Array) -> bool:
    """Whether a search ended where another start may find better: at a bound, or without one of the curves."""
    doubtful = False
    for j in range(work.shape.size):
        doubtful = doubtful or work.shape[j] <= lower[j] or work.shape[j] >= upper[j]
    for k in range(work.amplitudes.size):
        doubtful = doubtful or work.amplitudes[k] == 0
    return doubtful


@cache
def _engine(basis: Basis, derivative: Derivative) -> Callable[..., None]:
    """Compile the search for one model."""

    @compiled
    def descend(
        x: Array,
        constants: Array,
        s: Array,
        lower: Array,
        upper: Array,
        iterations: int,
        tolerance: float,
        work: _Work,
    ) -> tuple[float, bool]:
        """From `work.shape` to the minimum; sum of squares there, and whether it was reached."""
        basis(x, constants, work.shape, work.curves)
        squares = solve_amplitudes(work.curves, s, work.amplitudes, work.residual)
        work.curvature[:] = 0.0
        damping, moved, fresh = _FIRST_DAMPING, False, True
        for _ in range(iterations):
            if fresh:
                if moved:
                    _pull(work.jacobian, work.residual, work.unseen)
                derivative(x, constants, work.shape, work.curves, work.amplitudes, work.jacobian)
                _linearise(work, moved)
                fresh = False
            if not bounded_step(
                work.shape,
                lower,
                upper,
                work.gradient,
                work.hessian,
                work.curvature,
                damping,
                work.fixed,
                work.step,
                work.matrix,
            ):
                return squares, True
            promised = 0.0
            for j in range(work.shape.size):
                work.new_shape[j] = work.shape[j] + work.step[j]
                promised -= work.gradient[j] * work.step[j]
            if damping <= 1 and abs(promised) <= tolerance * squares:
                return squares, True
            basis(x, constants, work.new_shape, work.new_curves)
            new_squares = solve_amplitudes(work.new_curves, s, work.new_amplitudes, work.new_residual)
            if new_squares < squares:
                small = squares - new_squares <= tolerance * squares
                squares, damping, fresh, moved = new_squares, damping * _LESS, True, True
                _accept(work)
                if small:
                    return squares, True
            else:
                damping *= _MORE
                if damping > _STUCK:
                    return squares, True
        return squares, False

    @compiled
    def search(
        x: Array,
        known: Array,
        signal: Array,
        nodes: Array,
        node_curves: Array,
        node_gram: Array,
        groups: int,
        lower: Array,
        upper: Array,
        iterations: int,
        tolerance: float,
        result: Array,
    ) -> None:
        n, voxels = signal.shape
        q, p = node_curves.shape[1], nodes.shape[1]
        work = _workspace(p, q, n)
        s, constants, projections = np.empty(n), np.empty(len(known)), np.empty((q, len(nodes)))
        size = len(nodes) // groups
        for v in range(voxels):
            scale = 0.0
            for i in range(n):
                scale = max(scale, abs(signal[i, v])) if np.isfinite(signal[i, v]) else np.inf
            for k in range(len(known)):
                constants[k] = known[k, v]
                scale = scale if np.isfinite(constants[k]) else np.inf
            for j in range(p + q + 1):
                result[j, v] = np.nan
            result[p + q + 1, v] = 0.0
            if scale == 0 or not np.isfinite(scale):
                continue
            projections[:] = 0.0
            for i in range(n):
                s[i] = signal[i, v] / scale
                for k in range(q):
                    for node in range(len(nodes)):
                        projections[k, node] += node_curves[i, k, node] * s[i]
            first = best_node(projections, node_gram, 0, len(nodes))
            least = np.inf
            for attempt in range(-1, groups):
                start = first
                if attempt >= 0:
                    if first // size == attempt:
                        continue
                    start = best_node(projections, node_gram, attempt * size, (attempt + 1) * size)
                for j in range(p):
                    work.shape[j] = nodes[start, j]
                squares, converged = descend(x, constants, s, lower, upper, iterations, tolerance, work)
                if squares < least:
                    least = squares
                    for j in range(p):
                        result[j, v] = work.shape[j]
                    for k in range(q):
                        result[p + k, v] = work.amplitudes[k] * scale
                    result[p + q, v] = np.sqrt(squares / n) * scale
                    result[p + q + 1, v] = converged
                if attempt < 0 and not _doubtful(work, lower, upper):
                    break

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

    def fit(
        self,
        x: Array,
        signal: Array,
        *,
        inside: Mask | None = None,
        known: tuple[float | Array, ...] = (),
        iterations: int = 60,
        tolerance: float = 1e-8,
    ) -> Fit:
        """Fit every voxel.

        Parameters
        ----------
        x : (m, n) what the signals were measured at, m rows (b-values; times and arterial concentration; ...)
        signal : (..., n)
        inside : (...) where to fit; everywhere if None
        known : constants of the model, each one number or (...) of them; the starts are those for their median
        iterations : steps after which a voxel is given up as not converged
        tolerance : relative decrease of the sum of squares under which a step is the last
        """
        n = signal.shape[-1]
        x = np.ascontiguousarray(x, dtype=np.float64)
        typical = np.array([np.nanmedian(one) for one in known], dtype=np.float64)
        node_curves = np.empty((len(self.nodes), self.curves, n))
        for node, curves in zip(self.nodes, node_curves, strict=True):
            self.basis(x, typical, node, curves)
        gram = np.zeros((3, len(self.nodes)))
        gram[0] = np.einsum("kn,kn->k", node_curves[:, 0], node_curves[:, 0])
        if self.curves == 2:
            gram[1] = np.einsum("kn,kn->k", node_curves[:, 0], node_curves[:, 1])
            gram[2] = np.einsum("kn,kn->k", node_curves[:, 1], node_curves[:, 1])
        by_sample = np.ascontiguousarray(np.moveaxis(node_curves, 0, -1).swapaxes(0, 1))
        lower, upper = np.asarray(self.lower), np.asarray(self.upper)
        outputs = len(self.lower) + self.curves + 2
        search = _engine(self.basis, self.derivative)

        def block(values: Array) -> tuple[Array, ...]:
            result = np.empty((outputs, values.shape[1]))
            search(
                x,
                values[n:],
                values[:n],
                self.nodes,
                by_sample,
                gram,
                self.groups,
                lower,
                upper,
                iterations,
                tolerance,
                result,
            )
            return tuple(result)

        fitted = by_blocks(block, signal, outputs, beside=known, inside=inside, dtype=np.float64)
        p = len(self.lower)
        return Fit(fitted[:p], fitted[p : p + self.curves], fitted[-2], fitted[-1] == 1)
