"""Second-order part of a least-squares Hessian, learned from the steps taken.

Gauss-Newton leaves out the residual's own curvature; where the residual is noise and the valley is flat, its steps
then swing from side to side for dozens of iterations.

Reference: Dennis, Gay and Welsch, ACM Transactions on Mathematical Software 7 (1981) 348 (NL2SOL).
"""

from client.maps.acquisition import Array
from client.maps.fitting.compiled import compiled


@compiled
def learn_curvature(curvature: Array, step: Array, change: Array, unseen: Array) -> None:
    """Update the symmetric (p, p) correction so that it reproduces the step just taken.

    Parameters
    ----------
    curvature : (p, p), written
    step : (p) parameters after minus before
    change : (p) gradient after minus before
    unseen : (p) the part of it that Gauss-Newton does not see, J_new' r_new - J_old' r_new; overwritten
    """
    count = step.size
    along = predicted = seen = 0.0
    for j in range(count):
        along += step[j] * change[j]
        seen += step[j] * unseen[j]
        for k in range(count):
            predicted += step[j] * curvature[j, k] * step[k]
    if along <= 0:
        return
    # The residual shrinks while the fit proceeds, and the learned part with it ("sizing").
    size = min(1.0, abs(seen / predicted)) if predicted != 0 else 1.0
    misfit = 0.0
    for j in range(count):
        for k in range(count):
            unseen[j] -= size * curvature[j, k] * step[k]
        misfit += unseen[j] * step[j]
    for j in range(count):
        for k in range(count):
            curvature[j, k] = (
                size * curvature[j, k]
                + (unseen[j] * change[k] + change[j] * unseen[k]) / along
                - misfit * change[j] * change[k] / (along * along)
            )
