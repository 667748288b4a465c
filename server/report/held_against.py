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
    found = []
    lines: tuple[Measured | ComparedResiduals, ...] = (*result.comparisons, *result.compared)
    for one in lines:
        if one.arm is Arm.MODEL or one.difference is None or one.difference_interval is None:
            continue
        low, high = -one.difference_interval.high, -one.difference_interval.low
        found.append(
            Claim(
                against=_name(result, one),
                view=one.view.value,
                difference=signed(-one.difference),
                interval=f"{signed(low)} to {signed(high)}",
                holds=low > -margin,
                words="no worse" if low > -margin else "worse" if high < -margin else "not shown",
            )
        )
    return found


_ASKED = (Arm.CLINICAL, Arm.COMBINED, Arm.VOLUME)
"""Comparators that stand in a report because its study names their columns."""


def sentences(result: Result) -> list[str]:
    """How the model compares with what its study names, on sites that it had not seen where there are any."""
    lines: tuple[Measured | ComparedResiduals, ...] = (*result.comparisons, *result.compared)
    views = [view for view in UNSEEN_FIRST if any(one.view is view for one in lines)]
    by_name = {(one.against, one.view): one.words for one in claims(result)}
    found = []
    for one in lines if views else ():
        value = one.auc if isinstance(one, Measured) else one.concordance
        if one.arm not in _ASKED or one.view is not views[0] or value is None or one.difference is None:
            continue
        name = _name(result, one)
        measure, apart = _measure(result), one.difference_interval
        said = f"{WHO[one.view]}, {name} gives {_OF[measure]} of {decimal(value)}; the model {signed(-one.difference)}"
        if apart is None:
            said += ", and these patients give no interval of the difference."
        else:
            low, high = -apart.high, -apart.low
            between = f" ({signed(low)} to {signed(high)})"
            verdict = "more" if low > 0 else "less" if high < 0 else ""
            said += f"{between}: it ranks {'better' if verdict == 'more' else 'worse'}" if verdict else between
            said += "" if verdict else ": these patients do not tell the two apart"
            margin = by_name.get((name, one.view.value))
            said += (
                f"; by the study's margin {'it is ' if margin != 'not shown' else 'no worse is '}{margin}."
                if margin
                else "."
            )
        found.append(said)
    return found


def _name(result: Result, one: Measured | ComparedResiduals) -> str:
    if isinstance(one, Measured) and len(result.study.question.endpoint.classes) > 2:
        return f"{one.arm.value} ({one.target})"
    return one.arm.value


def sections(result: Result, sites: Sequence[str]) -> dict[str, object]:
    """Pictures and rows for the page."""
    classes = [one.name for one in result.study.question.endpoint.classes]
    shown = result.explained[:SHOWN]
    found = result.chance
    return {
        "claims": claims(result),
        "transfers": transfers(result.transfers, sites, _left_out(result), _measure(result))
        if result.transfers
        else None,
        "several": len(classes) > 2,
        "chance": chance(found, _measure(result)) if found and found.aucs else None,
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
    found: dict[str, list[Measure]] = {}
    for view in result.evaluations:
        for one in view.sites if view.view is View.LEFT_OUT_SITE else ():
            found.setdefault(one.site, []).append(one.auc)
    for told in result.residuals:
        for each in told.sites if told.view is View.LEFT_OUT_SITE else ():
            found.setdefault(each.site, []).append(each.concordance)
    return {site: _mean(told) for site, told in found.items()}


def _mean(values: list[Measure]) -> Measure:
    known = [one for one in values if one is not None]
    return sum(known) / len(known) if len(known) == len(values) else None


def _has_trees(result: Result) -> bool:
    if result.model is None or not result.model.vector:
        return False
    return LEARNERS[result.model.kind].trees(np.array(result.model.vector)) is not None


def _measure(result: Result) -> str:
    """What ranks are judged by, within sites."""
    return "concordance" if result.study.question.endpoint.continuous else "AUC"


def _chance_words(result: Result) -> str:
    found = result.chance
    if found is None or found.auc is None:
        return ""
    verdict = "Chance is not excluded" if found.p_value >= 0.05 else "Chance alone seldom gives as much"
    return (
        f"{verdict}: the true labels give {_OF[_measure(result)]} of {decimal(found.auc)} within sites, "
        f"{found.shuffles} shuffles {decimal(found.low)} to {decimal(found.high)} (95 %), "
        f"{decimal(found.mean)} on average; p = {p_value(found.p_value)}."
    )
