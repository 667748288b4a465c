"""Description: how many patients of each class there are together, and which features vary at all."""

import numpy as np

from client.answers.draft import Draft
from client.run import Run
from harmonization.federated import site_totals


def answer(run: Run) -> Draft:
    """Class totals and within-batch sums of squares, both only as part of the sum over all sites."""
    cohort = run.cohort
    classes = len(run.study.question.endpoint.classes)
    return Draft(
        {
            "class_totals": np.bincount(run.table.y, minlength=classes).astype(float),
            "spread_squares": site_totals(cohort.x, cohort.batch, cohort.z).sxx,
        }
    )
