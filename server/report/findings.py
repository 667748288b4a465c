"""What was found, in sentences that claim no more than the numbers do."""

from itertools import groupby

from server.report import held_against, residuals
from server.report.assessment import LEVEL, site_means
from server.report.views import UNSEEN_FIRST, WHO
from server.report.words import decimal, percent, whole
from shared.results.empty_model import WORDS, is_empty
from shared.results.evaluation import BenefitPoints, Chance, Recalibrated, Stratified, ViewEvaluation
from shared.results.result import Result
from shared.sections.model import TreeSettings
from shared.study.plan import View

SUSPICIOUS_AUC = 0.90
"""Published external AUCs of HER2 from MRI end at 0.84; above this, look for a leak first."""
_SITE_RECOGNITION = 0.03
"""Excess of the pooled AUC over the one within sites that is worth a sentence."""
_Z_95 = 1.96
_EXTREME, _CAUTIOUS = 0.5, 1.5
"""Calibration slopes that matter: log-odds that should be half of what they are, or half as much again. Where an
interval reaches from the ideal to one of these, it tells nothing."""


def unseen_first(result: Result) -> list[ViewEvaluation]:
    """Evaluations with sites that the model had not seen before all others: the claim that counts."""
    return sorted(result.evaluations, key=lambda evaluation: UNSEEN_FIRST.index(evaluation.view))


def findings(result: Result) -> list[str]:
    """Sentences for the top of the report, most important first."""
    views = unseen_first(result)
    of_numbers = residuals.sentences(result)
    of_classes = [*_macro(views), *(sentence for view in views for sentence in _discrimination(result, view))]
    sentences = [*_empty(result), *of_numbers, *of_classes, *_shuffled(result), *held_against.sentences(result)]
    if views and not is_empty(result.model):
        first = views[0]
        sentences += _spread(first.pooled.recalibration)
        # where chance is not excluded, a stretch of thresholds above zero is noise that reads like a result
        if first.pooled.benefit and chance_excluded(first.stratified):
            sentences += _benefit(first.pooled.benefit)
    return [*sentences, *_scanners(result)]


def against(result: Result, evaluation: ViewEvaluation) -> tuple[str, str]:
    """Names of the class that is judged and of what it is judged against."""
    classes = [category.name for category in result.study.question.endpoint.classes]
    return (evaluation.target, "the others") if evaluation.target else (classes[1], classes[0])


def chance_excluded(within: Stratified) -> bool:
    """Whether the interval, or where there is none the range of scores that know nothing, excludes chance."""
    if within.auc is None or within.chance_low is None or within.chance_high is None:
        return False
    if within.interval:
        return not within.interval.low <= 0.5 <= within.interval.high
    return not within.chance_low <= within.auc <= within.chance_high


def _discrimination(result: Result, evaluation: ViewEvaluation) -> list[str]:
    within, pooled = evaluation.stratified, evaluation.pooled
    positive, negative = against(result, evaluation)
    who = WHO[evaluation.view]
    if within.auc is None and not evaluation.sites:
        return [f"{who}, nobody could be evaluated: nothing can be said."]
    if within.auc is None:
        return [f"{who}, no site had patients of both classes: nothing can be said."]
    interval, chance = within.interval, (decimal(within.chance_low), decimal(within.chance_high))
    # shuffles of the whole pipeline need no variance, so where there are enough of them they decide, in their own words
    shuffled = evaluation.view is View.CROSS_VALIDATION and not evaluation.target and _decides(result.chance)
    between = f", 95 % interval {decimal(interval.low)} to {decimal(interval.high)}" if interval else ""
    pairs = "pairs" if within.pairs is None else f"{whole(within.pairs)} pairs"
    sentences = [
        f"{who}, the model ranked a patient of class {positive} above one of {_others(evaluation, negative)} from the "
        f"same site in {percent(within.auc)} of {pairs} (AUC {decimal(within.auc)}{between})."
    ]
    if is_empty(result.model):
        return sentences
    if shuffled:
        pass
    elif not chance_excluded(within):
        because = "the interval includes 0.5" if interval else f"it alone gives {chance[0]} to {chance[1]} here"
        sentences.append(f"Chance is not excluded: {because}.")
    elif within.auc < 0.5:
        sentences.append("This is worse than chance: the ranking is reversed.")
    if within.auc > SUSPICIOUS_AUC:
        sentences.append(
            f"An AUC over {decimal(SUSPICIOUS_AUC)} is unusual for such a question and probably optimistic or "
            "leaking: look for the leak before believing it."
        )
    if pooled.auc is not None and pooled.auc_bound is not None:
        excess = pooled.auc - within.auc
        if excess > _SITE_RECOGNITION + pooled.auc_bound:
            sentences.append(
                f"Pooled over sites the AUC is {decimal(pooled.auc)}. What it has more comes from pairs of "
                "different sites, where recognizing the site helps."
            )
    return sentences


def _others(evaluation: ViewEvaluation, negative: str) -> str:
    return negative if evaluation.target else f"class {negative}"


def _macro(views: list[ViewEvaluation]) -> list[str]:
    """Of more than two classes: the mean over classes of each against the others."""
    sentences = []
    for view, group in groupby(
        (evaluation for evaluation in views if evaluation.target), lambda evaluation: evaluation.view
    ):
        classes = list(group)
        mean = mean_over_classes(classes)
        if mean is not None:
            sentences.append(
                f"{WHO[view]}, the AUC within sites is {decimal(mean)}, the mean over {len(classes)} classes."
            )
    return sentences


def mean_over_classes(of_view: list[ViewEvaluation]) -> float | None:
    """AUC within sites of each class against the others, on average; None where one of them has none.

    Parameters
    ----------
    of_view : one view, of each class
    """
    known = [evaluation.stratified.auc for evaluation in of_view if evaluation.stratified.auc is not None]
    return sum(known) / len(known) if known and len(known) == len(of_view) else None


def _empty(result: Result) -> list[str]:
    if not is_empty(result.model):
        return []
    section = result.study.model
    why = "its penalty leaves no feature (model.c, model.penalties)"
    if isinstance(section, TreeSettings):
        why = f"no tree splits, as a leaf needs {section.least_patients} patients (model.least_patients)"
    elif result.model is not None and not result.model.coefficients:
        why = "the selection keeps no feature (selection)"
    return [f"{WORDS}: {why}."]


def _decides(chance: Chance | None) -> bool:
    """Whether there are enough shuffles of the labels for a test."""
    return chance is not None and chance.auc is not None and 1 / (chance.shuffles + 1) < LEVEL


def _shuffled(result: Result) -> list[str]:
    permuted = result.chance
    if permuted is None or permuted.auc is None or is_empty(result.model):
        return []
    if permuted.p_value < LEVEL:
        return [
            f"Chance alone seldom does as well in cross-validation: of {permuted.shuffles} shuffles of the labels "
            f"{round(permuted.p_value * (permuted.shuffles + 1)) - 1} did (p = {permuted.p_value:.2g})."
        ]
    fewest = 1 / (permuted.shuffles + 1)
    if fewest >= LEVEL and permuted.p_value == fewest:
        return [f"Of {permuted.shuffles} shuffles of the labels none did as well; so few cannot exclude chance."]
    as_well = round(permuted.p_value * (permuted.shuffles + 1)) - 1
    return [
        f"Of {permuted.shuffles} shuffles of the labels {as_well} did as well (p = {permuted.p_value:.2g}): chance is "
        "not excluded in cross-validation."
    ]


def _spread(recalibration: Recalibrated) -> list[str]:
    slope, error = recalibration.slope, recalibration.slope_standard_error
    if slope is None or error is None:
        return []
    low, high = slope - _Z_95 * error, slope + _Z_95 * error
    numbers = f"{decimal(slope)}, {decimal(low)} to {decimal(high)}; 1 is ideal"
    verdict = "neither too extreme nor too cautious, as far as these patients show"
    if low <= 1 <= high and not (low > _EXTREME and high < _CAUTIOUS):
        return [
            "These patients are too few to tell whether predicted risks are too extreme or too cautious (calibration "
            f"slope {numbers})."
        ]
    if high < 1:
        verdict = "too extreme: high risks are too high and low ones too low"
    elif low > 1:
        verdict = "too cautious: high risks are too low and low ones too high"
    return [f"Predicted risks are {verdict} (calibration slope {numbers})."]


def _benefit(benefit: BenefitPoints) -> list[str]:
    """The longest stretch of thresholds at which the model beats both alternatives."""
    rows = zip(benefit.threshold, benefit.model, benefit.treat_all, strict=True)
    marked = ((threshold, model > max(everyone, 0.0)) for threshold, model, everyone in rows)
    stretches = [[t for t, _ in group] for better, group in groupby(marked, lambda row: row[1]) if better]
    if not stretches:
        return ["At no threshold was acting on the model of more net benefit than acting on all or on nobody."]
    longest = max(stretches, key=len)
    reach = f"{percent(longest[0])} to {percent(longest[-1])}"
    return [f"Acting on the model was of more net benefit than acting on all or on nobody from {reach} risk."]


def _scanners(result: Result) -> list[str]:
    means = site_means(result.assessed)
    if means is None:
        return []
    return [
        f"The means of {means.before.bonferroni} of {len(result.assessed)} features differed between sites before "
        f"harmonization, and of {means.after.bonferroni} after it."
    ]
