"""Every site's own model on this site's patients: one column of the matrix of training sites and test sites."""

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.local_models import LocalModels
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.metrics import auc, delong
from shared.metrics.concordance import concordance
from shared.step import Step
from shared.study.plan import Arm, View, shows_own_models, targets
from shared.training.fitted_model import FittedModel


def cross_site_evaluation(run: Run) -> dict[str, Array]:
    """How each site's model ranks the patients here; nothing is shown of too few patients, or of a class with too few.

    This site's own model is that of the folds, which had not seen the patient; another's had seen none of them.
    """
    judged, sites = targets(run.study), len(run.roster)
    shows = int(shows_own_models(run.study))
    pairs = np.zeros((shows, len(judged)))
    u, variance = np.zeros((2, shows, len(judged), sites))
    models = run.told(Step.THRESHOLD)["own_models"][0] if shows else ()
    for place, (site, row) in enumerate(zip(run.roster, models, strict=bool(shows))):
        risks = _predicted(run, site, row)
        for index, target in enumerate(judged):
            if not _enough(run, target):
                continue
            pairs[0, index] = _pairs(run, target)
            if risks is not None:
                u[0, index, place], spread = _ranked(run, risks, target)
                variance[0, index, place] = 0.0 if site == run.site.name else spread
    return {"matched_pairs": pairs, "matched_u": u, "matched_variance": variance}


def _predicted(run: Run, site: str, row: Array) -> Array | None:
    """(n, classes) by a site's model; None where it shows none."""
    if site == run.site.name:
        seen, risks = run.part(Judgement).evaluated(Arm.ALONE, View.CROSS_VALIDATION, 0)
        return risks if seen.all() else None
    model = FittedModel.of_row(row, run.study, run.part(Harmonized).raw.shape[2], site)
    return None if model is None else run.part(LocalModels).risks_by(model)


def _enough(run: Run, target: int) -> bool:
    least = max(run.study.privacy.minimum_patients, 2)
    if run.study.question.endpoint.continuous:
        return len(run.table.y) >= least
    positives = int((run.kind == target).sum())
    return min(positives, len(run.kind) - positives) >= least


def _pairs(run: Run, target: int) -> int:
    if run.study.question.endpoint.continuous:
        return concordance(run.table.y, run.table.y).pairs
    positives = int((run.kind == target).sum())
    return positives * (len(run.kind) - positives)


def _ranked(run: Run, risks: Array, target: int) -> tuple[float, float]:
    """Pairs that are ranked rightly, and the variance of their share."""
    if run.study.question.endpoint.continuous:
        ranking = concordance(risks[:, 0], run.table.y)
        return ranking.u, ranking.variance if ranking.pairs else 0.0
    score, positive = _order(risks, target), run.kind == target
    return auc.concordance(score, positive).u, delong.estimate(score, positive).variance


def _order(risks: Array, target: int) -> Array:
    """(n,) numbers in the order of the risk of a class.

    At another scanner scores may lie so far out that a risk is one but for rounding; what is left to one still ranks.
    """
    risk, other_risks = risks[:, target], np.delete(risks, target, axis=1).sum(axis=1)
    return np.where(risk < 1, risk, 1 - np.log(other_risks.clip(np.finfo(float).tiny)))
