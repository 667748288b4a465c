"""Training: loss, gradient and Hessian of every fit where the totals so far lead."""

import numpy as np
from scipy.special import expit

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.objections import require_enough_for_coefficients, require_fewer_weightings
from client.run import Run
from shared.contract import Step
from shared.course import made
from shared.effective_number import require_effective_number
from shared.messages import Question
from shared.models.logistic import sums


def answer(run: Run, question: Question) -> Draft:
    """Sums over the training patients of every fit."""
    learning = run.part(Learning)
    policy = run.approved.approval.policy
    # Of sites that were lost since, all patients may have been in any fit.
    patients = run.told(Step.MOMENTS)["class_totals"].sum(axis=1) - run.lost_since(Step.MOMENTS)
    width = 1 + (learning.selected >= 0).sum(axis=1)
    iteration = made(question.after, Step.TRAIN)
    require_enough_for_coefficients(policy, run.study, patients, width)
    require_fewer_weightings(policy, run.study, patients.max(), (iteration + 1) * len(run.fits), int(width.max()))
    coefficients = learning.newton(iteration).coefficients
    p = coefficients.shape[1]
    parts = []
    for index, fit in enumerate(run.fits):
        rows = run.trains(fit)
        risk = expit(learning.designs(index)[rows] @ coefficients[index])
        require_effective_number(risk * (1 - risk), policy.minimum_patients, fit.name)
        parts.append(sums(learning.designs(index)[rows], run.table.y[rows], coefficients[index]))
    return Draft(
        {name: np.stack([part[name] for part in parts]) for name in parts[0]},
        sizes={"selected": p, "packed": p * (p + 1) // 2},
    )
