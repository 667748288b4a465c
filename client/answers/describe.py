"""Description: how many patients of each class there are together, and which features and covariates vary."""

import numpy as np

from client.answers.draft import Draft
from client.derived.harmonised import Harmonised
from client.run import Run
from harmonization.federated import site_totals
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Class totals and within-batch sums of squares of features and covariates, only as sums over all sites."""
    del question
    cohort = run.part(Harmonised).cohort
    classes = len(run.study.question.endpoint.classes)
    totals = site_totals(cohort.x, cohort.batch, cohort.z)
    return Draft(
        {
            "class_totals": np.bincount(run.table.y, minlength=classes).astype(float),
            "spread_squares": totals.sxx,
            "szz": totals.szz,
        }
    )
