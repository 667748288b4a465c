"""Every site's own model on this site's patients: one row of the matrix of training sites and test sites."""

import numpy as np

from client.derived.alone import Alone
from client.derived.judgement import Judgement
from client.run import Run
from shared.arrays import Array
from shared.contract import SIDES, Step
from shared.metrics import auc, delong
from shared.plan import Arm, View, shows_own_models


def tried(run: Run) -> dict[str, Array]:
    """How each site's model ranks the patients here; nothing is shown of too few patients of a class.

    This site's own model is that of the folds, which had not seen the patient; another's had seen none of them.
    """
    sites = len(run.roster)
    if not shows_own_models(run.study):
        return _arrays(np.zeros((0, SIDES)), np.zeros((0, sites)), np.zeros((0, sites)))
    positive = run.kind == 1
    counts = np.array([(~positive).sum(), positive.sum()])
    u, variance = np.zeros(sites), np.zeros(sites)
    if (counts < max(run.study.privacy.minimum_patients, 2)).any():
        return _arrays(0 * counts[None], u[None], variance[None])
    models = run.told(Step.THRESHOLD)["own_models"][0]
    for place, (site, model) in enumerate(zip(run.roster, models, strict=True)):
        if site == run.site.name:
            seen, risks = run.part(Judgement).evaluated(Arm.ALONE, View.CROSS_VALIDATION, 0)
            u[place] = auc.concordance(risks[:, 1], positive).u if seen.all() else 0.0
        elif round(model[0]):
            scores = run.part(Alone).score_by(model)
            u[place] = auc.concordance(scores, positive).u
            variance[place] = delong.estimate(scores, positive).variance
    return _arrays(counts[None], u[None], variance[None])


def _arrays(counts: Array, u: Array, variance: Array) -> dict[str, Array]:
    return {"matched_counts": counts, "matched_u": u, "matched_variance": variance}
