"""A study with noise: what its models are, how they are judged, and what both have spent."""

import numpy as np

from server.federation import Federation
from server.results.noisy_result import NoisyResult, Spent, Weight
from shared.arrays import Array, unpack_symmetric
from shared.privacy.regression import RELEASES, models, plan
from shared.sections.model import LogisticSettings
from shared.step import Step


def noisy(federation: Federation) -> NoisyResult:
    """Ask how patients score under the models that the noisy sums are, and put the result together.

    Parameters
    ----------
    federation : the sites, and a study with noise whose sums have been asked
    """
    study = federation.study
    noise, model, evaluation = study.privacy.noise, study.model, study.evaluation
    parts, bins = evaluation.folds, evaluation.score_bins
    assert noise is not None
    assert isinstance(model, LogisticSettings)  # noise goes with no other kind
    enrolled, totals = federation.exchanges[0], dict(federation.totals(Step.NOISY_SUMS))
    added = plan(noise, len(federation.roster), parts, bins)
    counts = federation.ask(Step.NOISY_SCORES).totals["noisy_scores"]
    intercept, *weights = models(totals, added, model.c)[0].tolist()
    return NoisyResult(
        study=study,
        study_digest=study.digest,
        sites=federation.roster,
        absent=tuple(sorted(enrolled.failed.items())),
        intercept=intercept,
        weights=tuple(
            Weight(feature=weighted_range.feature, low=weighted_range.low, high=weighted_range.high, value=value)
            for weighted_range, value in zip(noise.ranges, weights, strict=True)
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
