"""Non-linear least squares of models that are linear in one or two of their parameters.

Nearly every signal model is a sum of curves, each with an amplitude: S0 f exp(-b D*) + S0 (1 - f) exp(-b D). For
given shape parameters (D, D*) the best amplitudes follow in closed form, so only the shape is searched: from the
best node of a grid, by damped Gauss-Newton steps with a learned curvature, within bounds. Two parameters instead of
four, no start values to choose, and half the iterations.

References: variable projection, Golub and Pereyra, Inverse Problems 19 (2003) R1; its simplified derivative, Kaufman,
BIT 15 (1975) 49; damping, Marquardt, SIAM J. Appl. Math. 11 (1963) 431.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from client.maps.acquisition import Array, Mask
from client.maps.fitting.amplitudes import best_node, project_out, solve_amplitudes
from client.maps.fitting.blocks import by_blocks
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
def _solve(
    gradient: Array, hessian: Array, curvature: Array, damping: float, fixed: Mask, step: Array, work: Array
) -> bool:
    """Solve (H + C + damping diag H) step = -gradient for the components that are not fixed.

    False if the matrix is not positive definite. Fixed components keep the step that they have.
    """
    count = gradient.size
    for j in range(count):
        if fixed[j]:
            continue
        step[j] = -gradient[j]
        for k in range(count):
            work[j, k] = hessian[j, k] + curvature[j, k]
            if fixed[k]:
                step[j] -= work[j, k] * step[k]
        # The last term keeps a parameter where it is that has no influence.
        work[j, j] += damping * hessian[j, j] + 1e-14
    for j in range(count):
        if fixed[j]:
            continue
        for k in range(j):
            if not fixed[k]:
                factor = work[k, j] / work[k, k]
                for m in range(j, count):
                    work[j, m] -= factor * work[k, m]
                step[j] -= factor * step[k]
        if work[j, j] <= 0:
            return False
    for j in range(count - 1, -1, -1):
        if not fixed[j]:
            for k in range(j + 1, count):
                if not fixed[k]:
                    step[j] -= work[j, k] * step[k]
            step[j] /= work[j, j]
    return True


@compiled
def _bounded_step(
    shape: Array,
    lower: Array,
    upper: Array,
    gradient: Array,
    hessian: Array,
    curvature: Array,
    damping: float,
    fixed: Mask,
    step: Array,
    work: Array,
) -> bool:
    """Step within the bounds: what would cross one goes to it, and the rest is solved again.

    False if every parameter is held by a bound.
    """
    count = shape.size
    free = 0
    for j in range(count):
        fixed[j] = (shape[j] <= lower[j] and gradient[j] > 0) or (shape[j] >= upper[j] and gradient[j] < 0)
        step[j] = 0.0
        free += not fixed[j]
    if free == 0:
        return False
    for _ in range(count):
        if not _solve(gradient, hessian, curvature, damping, fixed, step, work):
            curvature[:] = 0.0
            _solve(gradient, hessian, curvature, damping, fixed, step, work)
        crossed = False
        for j in range(count):
            within = min(max(shape[j] + step[j], lower[j]), upper[j]) - shape[j]
            if within != step[j] and not fixed[j]:
                step[j] = within
                fixed[j] = True
                crossed = True
        if not crossed:
            break
    return True


@cache
def _engine(basis: Basis, derivative: Derivative) -> Callable[..., None]:
    """Compile the search for one model."""

    @compiled
    def search(
        x: Array,
        known: Array,
        signal: Array,
        nodes: Array,
        node_curves: Array,
        node_gram: Array,
        lower: Array,
        upper: Array,
        iterations: int,
        tolerance: float,
        result: Array,
    ) -> None:
        n, voxels = signal.shape
        q, p = node_curves.shape[1], nodes.shape[1]
        curves, new_curves = np.empty((q, n)), np.empty((q, n))
        residual, new_residual = np.empty(n), np.empty(n)
        amplitudes, new_amplitudes = np.empty(q), np.empty(q)
        shape, new_shape, step, fixed = np.empty(p), np.empty(p), np.empty(p), np.empty(p, np.bool_)
        jacobian, hessian, curvature, work = np.empty((p, n)), np.empty((p, p)), np.empty((p, p)), np.empty((p, p))
        gradient, change, unseen = np.empty(p), np.empty(p), np.empty(p)
        s, constants, projections = np.empty(n), np.empty(len(known)), np.empty((q, len(nodes)))
        for v in range(voxels):
            scale = 0.0
            for i in range(n):
                scale = max(scale, abs(signal[i, v])) if np.isfinite(signal[i, v]) else np.inf
            for k in range(len(known)):
                constants[k] = known[k, v]
            if scale == 0 or not np.isfinite(scale):
                for j in range(p + q + 1):
                    result[j, v] = np.nan
                result[p + q + 1, v] = 0.0
                continue
            projections[:] = 0.0
            for i in range(n):
                s[i] = signal[i, v] / scale
                for k in range(q):
                    for node in range(len(nodes)):
                        projections[k, node] += node_curves[i, k, node] * s[i]
            start = best_node(projections, node_gram)
            for j in range(p):
                shape[j] = nodes[start, j]
            basis(x, constants, shape, curves)
            squares = solve_amplitudes(curves, s, amplitudes, residual)
            damping, converged, moved, fresh = _FIRST_DAMPING, False, False, True
            curvature[:] = 0.0
            for _ in range(iterations):
                if fresh:
                    if moved:
                        _pull(jacobian, residual, unseen)
                        for j in range(p):
                            change[j] = gradient[j]
                    derivative(x, constants, shape, curves, amplitudes, jacobian)
                    project_out(jacobian, curves, amplitudes)
                    _pull(jacobian, residual, gradient)
                    _normal_matrix(jacobian, hessian)
                    if moved:
                        for j in range(p):
                            change[j] = gradient[j] - change[j]
                            unseen[j] = gradient[j] - unseen[j]
                        learn_curvature(curvature, step, change, unseen)
                    fresh = False
                if not _bounded_step(shape, lower, upper, gradient, hessian, curvature, damping, fixed, step, work):
                    converged = True
                    break
                promised = 0.0
                for j in range(p):
                    new_shape[j] = shape[j] + step[j]
                    promised -= gradient[j] * step[j]
                if damping <= 1 and abs(promised) <= tolerance * squares:
                    converged = True
                    break
                basis(x, constants, new_shape, new_curves)
                new_squares = solve_amplitudes(new_curves, s, new_amplitudes, new_residual)
                if new_squares < squares:
                    converged = squares - new_squares <= tolerance * squares
                    squares, damping, fresh, moved = new_squares, damping * _LESS, True, True
                    shape, new_shape = new_shape, shape
                    curves, new_curves = new_curves, curves
                    amplitudes, new_amplitudes = new_amplitudes, amplitudes
                    residual, new_residual = new_residual, residual
                else:
                    damping *= _MORE
                    converged = damping > _STUCK
                if converged:
                    break
            for j in range(p):
                result[j, v] = shape[j]
            for k in range(q):
                result[p + k, v] = amplitudes[k] * scale
            result[p + q, v] = np.sqrt(squares / n) * scale
            result[p + q + 1, v] = converged

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
    """

    basis: Basis
    derivative: Derivative
    curves: int
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    nodes: Array

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
        constants = [np.broadcast_to(np.asarray(one, dtype=np.float64), signal.shape[:-1]) for one in known]
        typical = np.array([np.nanmedian(one) for one in known])
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
                lower,
                upper,
                iterations,
                tolerance,
                result,
            )
            return tuple(result)

        columns = np.concatenate([signal, np.stack(constants, axis=-1)], axis=-1) if known else signal
        fitted = by_blocks(block, columns, outputs, inside=inside, dtype=np.float64)
        p = len(self.lower)
        return Fit(fitted[:p], fitted[p : p + self.curves], fitted[-2], fitted[-1] == 1)
