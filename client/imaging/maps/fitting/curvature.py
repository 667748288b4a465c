"""Second-order part of a least-squares Hessian, learned from the steps taken.

Gauss-Newton leaves out the residual's own curvature; where the residual is noise and the valley is flat, its steps
then swing from side to side for dozens of iterations.

Reference: Dennis, Gay and Welsch, ACM Transactions on Mathematical Software 7 (1981) 348 (NL2SOL).
"""

import numpy as np

from client.imaging.maps.acquisition import Array, Mask
from client.imaging.maps.fitting.compiled import LANES, compiled


@compiled
def learn_curvature(curvature: Array, step: Array, change: Array, unseen: Array, moved: Mask) -> None:
    """Update the symmetric correction so that it reproduces the step just taken.

    Parameters
    ----------
    curvature : (p, p, lanes), written
    step : (p, lanes) parameters after minus before
    change : (p, lanes) gradient after minus before
    unseen : (p, lanes) the part of it that Gauss-Newton does not see, J_new' r_new - J_old' r_new; overwritten
    moved : (lanes) which lanes took a step; the others keep what they know
    """
    count = len(step)
    sums = np.zeros((4, LANES))
    along, seen, predicted, misfit = sums[0], sums[1], sums[2], sums[3]
    for j in range(count):
        for w in range(LANES):
            along[w] += step[j, w] * change[j, w]
            seen[w] += step[j, w] * unseen[j, w]
        for k in range(count):
            for w in range(LANES):
                predicted[w] += step[j, w] * curvature[j, k, w] * step[k, w]
    for w in range(LANES):
        # The residual shrinks while the fit proceeds, and the learned part with it ("sizing").
        predicted[w] = min(1.0, abs(seen[w] / predicted[w])) if predicted[w] != 0 else 1.0
        along[w] = 1 / along[w] if moved[w] and along[w] > 0 else 0.0
    for j in range(count):
        for k in range(count):
            for w in range(LANES):
                unseen[j, w] -= predicted[w] * curvature[j, k, w] * step[k, w]
        for w in range(LANES):
            misfit[w] += unseen[j, w] * step[j, w]
    for j in range(count):
        for k in range(count):
            for w in range(LANES):
                learned = (
                    predicted[w] * curvature[j, k, w]
                    + (unseen[j, w] * change[k, w] + change[j, w] * unseen[k, w]) * along[w]
                    - misfit[w] * change[j, w] * change[k, w] * along[w] * along[w]
                )
                curvature[j, k, w] = learned if along[w] != 0 else curvature[j, k, w]
