"""A study with noise: one exchange for all models, one to judge them, and what both have spent."""

import numpy as np

from server.federation import Federation
from server.results.noisy_result import NoisyResult, Spent, Weight
from shared.arrays import Array, unpack_symmetric
from shared.contract.contract import Step
from shared.privacy.regression import RELEASES, models, plan


def noisy(federation: Federation) -> NoisyResult:
    """Ask for the products, then for the scores; ends the run.

    Parameters
    ----------
    federation : the sites, and a study with noise
    """
    study = federation.study
    noise, parts, bins = study.privacy.noise, study.evaluation.folds, study.evaluation.score_bins
    assert noise is not None
    enrolled = federation.enroll()
    added = plan(noise, len(federation.roster), parts, bins)
    width = 1 + len(noise.ranges)
    sizes = {"parts": parts, "ranged": width, "packed": width * (width + 1) // 2}
    totals = dict(federation.ask(Step.PRODUCTS, sizes).totals)
    classes = len(study.question.endpoint.classes)
    counts = federation.ask(Step.SCORES, {"classes": classes, "bins": bins}).totals["noisy_scores"]
    intercept, *weights = models(totals, added, study.model.c)[0].tolist()
    result = NoisyResult(
        study=study,
        study_digest=study.digest,
        sites=federation.roster,
        absent=tuple(sorted(enrolled.failed.items())),
        intercept=intercept,
        weights=tuple(
            Weight(feature=one.feature, low=one.low, high=one.high, value=value)
            for one, value in zip(noise.ranges, weights, strict=True)
        ),
        patients=4 * float(unpack_symmetric(totals["curvature"])[:, 0, 0].sum()),
        counts=tuple(map(tuple, counts.tolist())),
        auc=noisy_auc(counts),
        spent=Spent(
            epsilon=added.account.epsilon(noise.delta),
            delta=noise.delta,
            multiplier=added.multiplier,
            releases=RELEASES,
            honest=added.honest,
            products_deviation=added.products,
            scores_deviation=added.scores,
        ),
    )
    told = result.model_dump_json()
    federation.ask(Step.FINISH, {}, {"result": told, "signature": federation.sign(told)})
    return result


def noisy_auc(counts: Array) -> float | None:
    """AUC of noisy counts, none of them taken under zero; None where that leaves no pairs.

    Parameters
    ----------
    counts : (2, bins) negatives and positives
    """
    negatives, positives = np.clip(counts, 0, None)
    pairs = negatives.sum() * positives.sum()
    if not pairs > 0:
        return None
    below = np.cumsum(negatives) - negatives / 2
    return float((positives * below).sum() / pairs)
