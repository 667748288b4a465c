"""Which AUC chance gives: everything after harmonization once more, under labels shuffled within sites and folds."""

import numpy as np

from server.federation import Federation
from server.state import Agreed, Harmonized
from shared.contract.contract import Step
from shared.results.evaluation import Chance
from shared.study.permutation_plan import crosses_anew
from shared.study.plan import Arm, View, judged, switches, targets
from shared.training.permutations import Shuffles, chance


def shuffle(federation: Federation, agreed: Agreed, harmonized: Harmonized) -> Chance | None:
    """Ask for all shuffles at once; None where the study has none."""
    study = federation.study
    if not study.evaluation.permutations:
        return None
    shuffles = Shuffles(study, agreed.fits, harmonized.incomplete, federation.totals, federation.enrolled)
    learned, before = shuffles.learned, len(federation.exchanges)
    tasks = {"tasks": len(shuffles.fits), "classes": learned.classes}
    sizes = switches(study) | {"features": len(agreed.features), "incomplete": len(harmonized.incomplete)}
    federation.ask(Step.SHUFFLE, tasks | sizes)
    if crosses_anew(study):
        federation.ask(Step.SHUFFLE_CROSS, tasks | learned.product_sizes | switches(study))
    exchanges = 0
    most = learned.learner.exchanges(study.model, study.training)
    while not learned.trainer(exchanges).done and exchanges < most:
        federation.ask(f"{learned.learner.step.shuffled}-{exchanges}", tasks | learned.trainer(exchanges).sizes)
        exchanges += 1
    if study.model.penalties > 1:
        inner = len(learned.fits) - learned.outer
        federation.ask(Step.SHUFFLE_TUNE, {"inner": inner, "penalties": study.model.penalties})
    asked = {"shuffles": study.evaluation.permutations, "targets": len(targets(study))}
    told = federation.ask(Step.SHUFFLE_JUDGE, asked).totals
    observed, aucs = _observed(federation), _aucs(told["shuffled_u"], told["shuffled_pairs"])
    made = federation.exchanges[before:]
    known = aucs[np.isfinite(aucs)]
    return Chance(
        shuffles=len(known),
        auc=observed,
        p_value=chance(observed, aucs),
        mean=float(known.mean()) if len(known) else None,
        low=float(np.quantile(known, 0.025)) if len(known) else None,
        high=float(np.quantile(known, 0.975)) if len(known) else None,
        aucs=tuple(np.sort(known).tolist()),
        exchanges=len(made),
        bytes_up=max((sum(one.received.get(site, 0) for one in made) for site in federation.roster), default=0),
        converged=learned.trainer(exchanges).done,
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
        for place, one in enumerate(judged(federation.study))
        if one.arm is Arm.MODEL and one.view is View.CROSS_VALIDATION and not one.repeat
    ]
    return float(_aucs(totals["all_u"][rows][None], totals["all_pairs"][rows][None])[0])
