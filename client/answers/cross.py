"""Products of the standardised features of a shortlist, over the training patients of every task."""

import numpy as np

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.objections import require_enough_for_coefficients, require_fewer_weightings
from client.run import Run
from shared.arrays import pack_symmetric
from shared.messages import Question
from shared.sections.selection import Selector
from shared.selection import mrmr


def answer(run: Run, question: Question) -> Draft:
    """What correlations, redundancy and the first step of training follow from."""
    del question
    learning = run.part(Learning)
    learned, policy = learning.learned, run.approved.approval.policy
    patients, width = learned.class_totals.sum(axis=1), (learned.shortlist >= 0).sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, 1 + width)
    require_fewer_weightings(policy, run.study, float(patients.max()), len(learned.fits), 1 + int(width.max()))
    sizes = learned.product_sizes
    products, pairs, levels = [], [], []
    for task, one in enumerate(learned.tasks):
        rows = run.trains(run.fits[one.fit])
        z = learning.listed(task)[rows]
        products.append(pack_symmetric(z.T @ z))
        if run.study.selection.method is Selector.MRMR:
            counted = mrmr.counts(z, run.kind[rows], learned.classes)
            pairs.append(counted["pairs"])
            levels.append(counted["classes"])
    shape = (len(learned.tasks), learned.classes, sizes["levels"])
    return Draft(
        {
            "products": np.stack(products),
            "level_pairs": np.stack(pairs) if pairs else np.zeros((len(learned.tasks), 0)),
            "class_levels": np.stack(levels) if levels else np.zeros(shape),
        },
        sizes=sizes,
    )
