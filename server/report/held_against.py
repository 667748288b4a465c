"""What the model is held against, as the page shows it: baselines, sites alone, shuffled labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from server.report.figures.attributions import attributions
from server.report.figures.chance import chance
from server.report.figures.dependence import dependence
from server.report.figures.transfers import transfers
from server.report.views import UNSEEN_FIRST, WHO
from server.report.words import decimal, p_value, signed
from shared.models.registry import LEARNERS, learner_of
from shared.results.continuous import ComparedResiduals
from shared.results.evaluation import Measured
from shared.results.measure import Measure
from shared.results.result import Result
from shared.study.plan import Arm, View

SHOWN = 12
"""Features whose explanation is drawn; all are in result.json."""
_OF = {"AUC": "an AUC", "concordance": "a concordance"}
DRAWN = 6
"""Features whose dependence is drawn."""


@dataclass(frozen=True)
class Claim:
    """Whether the model is no worse than a comparator, by the study's margin."""

    against: str
    view: str
    difference: str
    interval: str
    holds: bool
    words: str


def claims(result: Result) -> list[Claim]:
    """Non-inferiority of the model to each comparator; none where the study sets no margin.

    The model is no worse where its AUC, or of a number its concordance index, less that of the comparator has a 95 %
    interval that lies wholly over minus the margin. Of a number there is one only where frozen models met untouched
    patients.
    """
    margin = result.study.comparators.margin
    if margin is None:
        return []
    rows = []
    lines: tuple[Measured | ComparedResiduals, ...] = (*result.comparisons, *result.compared)
    for line in lines:
        if line.arm is Arm.MODEL or line.difference is None or line.difference_interval is None:
            continue
        low, high = -line.difference_interval.high, -line.difference_interval.low
        rows.append(
            Claim(
                against=_name(result, line),
                view=line.view.value,
                difference=signed(-line.difference),
                interval=f"{signed(low)} to {signed(high)}",
                holds=low > -margin,
                words="no worse" if low > -margin else "worse" if high < -margin else "not shown",
            )
        )
    return rows


_ASKED = (Arm.CLINICAL, Arm.COMBINED, Arm.VOLUME)
"""Comparators that stand in a report because its study names their columns."""


def sentences(result: Result) -> list[str]:
    """How the model compares with what its study names, on sites that it had not seen where there are any."""
    lines: tuple[Measured | ComparedResiduals, ...] = (*result.comparisons, *result.compared)
    views = [view for view in UNSEEN_FIRST if any(line.view is view for line in lines)]
    by_name = {(claim.against, claim.view): claim.words for claim in claims(result)}
    comparisons = []
    for line in lines if views else ():
        value = line.auc if isinstance(line, Measured) else line.concordance
        if line.arm not in _ASKED or line.view is not views[0] or value is None or line.difference is None:
            continue
        name = _name(result, line)
        measure, apart = _measure(result), line.difference_interval
        sentence = (
            f"{WHO[line.view]}, {name} gives {_OF[measure]} of {decimal(value)}; the model {signed(-line.difference)}"
        )
        if apart is None:
            sentence += ", and these patients give no interval of the difference."
        else:
            low, high = -apart.high, -apart.low
            between = f" ({signed(low)} to {signed(high)})"
            verdict = "more" if low > 0 else "less" if high < 0 else ""
            sentence += f"{between}: it ranks {'better' if verdict == 'more' else 'worse'}" if verdict else between
            sentence += "" if verdict else ": these patients do not tell the two apart"
            margin = by_name.get((name, line.view.value))
            sentence += (
                f"; by the study's margin {'it is ' if margin != 'not shown' else 'no worse is '}{margin}."
                if margin
                else "."
            )
        comparisons.append(sentence)
    return comparisons


def _name(result: Result, line: Measured | ComparedResiduals) -> str:
    if isinstance(line, Measured) and len(result.study.question.endpoint.classes) > 2:
        return f"{line.arm.value} ({line.target})"
    return line.arm.value


def sections(result: Result, sites: Sequence[str]) -> dict[str, object]:
    """Pictures and rows for the page."""
    classes = [category.name for category in result.study.question.endpoint.classes]
    shown = result.explained[:SHOWN]
    permuted = result.chance
    return {
        "claims": claims(result),
        "transfers": transfers(result.transfers, sites, _left_out(result), _measure(result))
        if result.transfers
        else None,
        "several": len(classes) > 2,
        "chance": chance(permuted, _measure(result)) if permuted and permuted.aucs else None,
        "chance_words": _chance_words(result),
        "attributions": attributions(shown, _measure(result)) if shown else None,
        "dependence": dependence(shown[:DRAWN], classes) if shown else None,
        "explained_shown": len(shown),
        "measure": _measure(result),
        "of_trees": _has_trees(result),
        "linear": learner_of(result.study.model).linear,
        "class_calls": result.class_calls,
    }


def _left_out(result: Result) -> dict[str, Measure]:
    """How the model of all other sites ranks the patients of each; the mean over several classes."""
    measures: dict[str, list[Measure]] = {}
    for view in result.evaluations:
        for site in view.sites if view.view is View.LEFT_OUT_SITE else ():
            measures.setdefault(site.site, []).append(site.auc)
    for evaluation in result.residuals:
        for site_errors in evaluation.sites if evaluation.view is View.LEFT_OUT_SITE else ():
            measures.setdefault(site_errors.site, []).append(site_errors.concordance)
    return {site: _mean(values) for site, values in measures.items()}


def _mean(values: list[Measure]) -> Measure:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None


def _has_trees(result: Result) -> bool:
    if result.model is None or not result.model.vector:
        return False
    return LEARNERS[result.model.kind].trees(np.array(result.model.vector)) is not None


def _measure(result: Result) -> str:
    """What ranks are judged by, within sites."""
    return "concordance" if result.study.question.endpoint.continuous else "AUC"


def _chance_words(result: Result) -> str:
    permuted = result.chance
    if permuted is None or permuted.auc is None:
        return ""
    verdict = "Chance is not excluded" if permuted.p_value >= 0.05 else "Chance alone seldom gives as much"
    return (
        f"{verdict}: the true labels give {_OF[_measure(result)]} of {decimal(permuted.auc)} within sites, "
        f"{permuted.shuffles} shuffles {decimal(permuted.low)} to {decimal(permuted.high)} (95 %), "
        f"{decimal(permuted.mean)} on average; p = {p_value(permuted.p_value)}."
    )
