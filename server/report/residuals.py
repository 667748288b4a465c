"""Evaluation of a continuous endpoint, as the page shows it and in sentences."""

from collections.abc import Callable

from server.report.figures.agreement import agreement
from server.report.figures.differences import differences
from server.report.views import TITLES, UNSEEN_FIRST, WHO
from server.report.words import decimal, percent, whole
from shared.results.continuous import ViewResiduals
from shared.results.measure import Interval
from shared.results.result import Result
from shared.study.plan import View

_SUSPICIOUS = 0.9
"""Concordance from which a leak is likelier than a discovery."""


def unseen_first(result: Result) -> list[ViewResiduals]:
    """Sites that the model had not seen before all others: the claim that counts."""
    return sorted(result.residuals, key=lambda evaluation: UNSEEN_FIRST.index(evaluation.view))


def sections(result: Result, how: Callable[[View], str]) -> list[dict[str, object]]:
    """What the page shows of each view.

    Parameters
    ----------
    result : of a study
    how : says of a view by which model a patient is scored
    """
    unit = result.study.question.endpoint.unit
    return [
        {
            "title": TITLES[evaluation.view],
            "how": how(evaluation.view),
            "evaluation": evaluation,
            "agreement": agreement(evaluation.groups, unit) if evaluation.groups else None,
            "differences": differences(evaluation.differences, evaluation.agreement, unit)
            if any(evaluation.differences.patients)
            else None,
        }
        for evaluation in unseen_first(result)
    ]


def sentences(result: Result) -> list[str]:
    """What was found, claiming no more than the numbers do."""
    statements = []
    for evaluation in unseen_first(result):
        statements += _view(result, evaluation)
    return statements


def _view(result: Result, evaluation: ViewResiduals) -> list[str]:
    within, errors, who = evaluation.within, evaluation.agreement, WHO[evaluation.view]
    unit = result.study.question.endpoint.unit
    behind = f" {unit}" if unit else ""
    if within.concordance is None or errors.rmse is None:
        return [f"{who}, nobody could be evaluated: nothing can be said."]
    statements = [
        f"{who}, the model ranked two patients of the same site rightly in {percent(within.concordance)} of "
        f"{whole(within.pairs)} pairs (concordance {decimal(within.concordance)}{_between(within.interval)}; "
        f"correlation {decimal(errors.correlation)}{_between(errors.correlation_interval)})."
    ]
    explained = errors.r_squared
    if explained is not None and explained > 0:
        statements.append(
            f"It explains {percent(explained)} of the spread within sites{_between(errors.r_squared_interval)}."
        )
    elif explained is not None:
        statements.append("It explains nothing of the spread within sites: the mean of each site would err less.")
    statements.append(
        f"Its errors are {decimal(errors.mae)}{behind} on average (root mean square {decimal(errors.rmse)}{behind}); "
        f"it lies {_above(errors.bias, behind)} on average, and 95 % of differences between "
        f"{decimal(errors.agreement_low)} and {decimal(errors.agreement_high)}{behind}, if they are normal."
    )
    if within.interval and within.interval.low <= 0.5 <= within.interval.high:
        statements.append("Chance is not excluded: the interval of the concordance includes 0.5.")
    if within.concordance > _SUSPICIOUS:
        statements.append(
            f"A concordance over {decimal(_SUSPICIOUS)} is unusual and probably optimistic or leaking: look for the "
            "leak before believing it."
        )
    return statements


def _above(bias: float | None, behind: str) -> str:
    off = bias or 0.0
    return f"{decimal(abs(off))}{behind} too {'high' if off > 0 else 'low'}"


def _between(interval: Interval | None) -> str:
    return f", 95 % interval {decimal(interval.low)} to {decimal(interval.high)}" if interval else ""
