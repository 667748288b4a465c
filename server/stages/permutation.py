"""Which AUC chance gives: everything after harmonization once more, under labels shuffled within sites and folds."""

import numpy as np

from server.federation import Federation
from shared.results.evaluation import Chance
from shared.step import Step
from shared.study.plan import Arm, View, judged
from shared.training.permutations import chance


def chance_of_shuffles(federation: Federation) -> Chance:
    """Ask how good the models of all shuffles are, and what that says of the study's own model."""
    totals = federation.ask(Step.SHUFFLE_EVALUATE).totals
    observed, aucs = _observed(federation), _aucs(totals["shuffled_u"], totals["shuffled_pairs"])
    made = [exchange for exchange in federation.exchanges if Step.of(exchange.step).permuted]
    known = aucs[np.isfinite(aucs)]
    permuted = federation.facts.permuted
    return Chance(
        shuffles=len(known),
        auc=observed,
        p_value=chance(observed, aucs),
        mean=float(known.mean()) if len(known) else None,
        low=float(np.quantile(known, 0.025)) if len(known) else None,
        high=float(np.quantile(known, 0.975)) if len(known) else None,
        aucs=tuple(np.sort(known).tolist()),
        exchanges=len(made),
        bytes_up=max(
            (sum(exchange.received.get(site, 0) for exchange in made) for site in federation.roster), default=0
        ),
        converged=permuted.learned.trainer(permuted.exchanges).done,
    )


def _aucs(u: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(shuffles,) AUC of pairs within sites, the mean over the classes that are judged; NaN without a pair."""
    pairs = np.rint(pairs)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(pairs > 0, u / pairs, np.nan).mean(axis=1))


def _observed(federation: Federation) -> float:
    continuous = federation.study.question.endpoint.continuous
    totals = federation.totals(Step.RESIDUALS if continuous else Step.EVALUATE)
    rows = [
        place
        for place, prediction in enumerate(judged(federation.study))
        if prediction.arm is Arm.MODEL and prediction.view is View.CROSS_VALIDATION and not prediction.repeat
    ]
    return float(_aucs(totals["all_u"][rows][None], totals["all_pairs"][rows][None])[0])
