"""Training: loss, gradient and Hessian of every fit where the totals so far lead."""

import numpy as np
from scipy.special import expit

from client.answers.draft import Draft
from client.objections import require_enough_for_coefficients, require_fewer_weightings
from client.run import Run
from shared.contract import Step
from shared.effective_number import require_effective_number
from shared.models.logistic import sums


def answer(run: Run, iteration: int) -> Draft:
    """Sums over the training patients of every fit.

    Parameters
    ----------
    run : this site's part in the run
    iteration : how many exchanges of training came before
    """
    policy = run.approved.approval.policy
    patients = run.told(Step.MOMENTS)["class_totals"].sum(axis=1)
    width = 1 + (run.selected >= 0).sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, width)
    require_fewer_weightings(policy, run.study, patients.max(), (iteration + 1) * len(run.fits), int(width.max()))
    coefficients = run.newton(iteration).coefficients
    p = coefficients.shape[1]
    parts = []
    for index, fit in enumerate(run.fits):
        rows = run.trains(fit)
        risk = expit(run.designs(index)[rows] @ coefficients[index])
        require_effective_number(risk * (1 - risk), policy.minimum_patients, fit.name)
        parts.append(sums(run.designs(index)[rows], run.table.y[rows], coefficients[index]))
    return Draft(
        {name: np.stack([part[name] for part in parts]) for name in parts[0]},
        sizes={"selected": p, "packed": p * (p + 1) // 2},
    )
