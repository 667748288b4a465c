"""Which counts a result leaves out, so that none under the study's minimum follows from the others.

A site with too few patients of a class has its counts hidden. They follow from what stands beside them all the same: a
count of the other class and the number of all patients give it, and so do totals over all sites less those of the
others. So such a site shows no class, and totals by class are shown where no site is hidden, or where at least two are
that have the minimum together. One place decides so for all tables.
"""

from collections.abc import Sequence

import numpy as np

from shared.arrays import Array
from shared.results.evaluation import Called, ClassCalls, Measured, ViewEvaluation
from shared.results.result import Result
from shared.results.taking_part import Participant


def without_complements(result: Result) -> Result:
    """A result without the counts from which hidden ones follow.

    Parameters
    ----------
    result : with every total, and with what sites hide themselves left out
    """
    least = result.study.privacy.minimum_patients
    open_views = {
        (evaluation.view, evaluation.target): totals_shown(_of_sites(evaluation), _of_all(evaluation), least)
        for evaluation in result.evaluations
    }
    several = len(result.study.question.endpoint.classes) > 2
    return result.model_copy(
        update={
            "participants": tuple(_participant(participant) for participant in result.participants),
            "evaluations": tuple(
                evaluation if open_views[(evaluation.view, evaluation.target)] else _evaluation(evaluation)
                for evaluation in result.evaluations
            ),
            "comparisons": tuple(
                line if open_views.get((line.view, line.target if several else ""), True) else _line(line)
                for line in result.comparisons
            ),
            "class_calls": tuple(_calls(calls, least) for calls in result.class_calls),
        }
    )


def totals_shown(sites: Sequence[Array | None], totals: Array, least: int) -> bool:
    """Whether totals by class tell of no site that hides its counts.

    Parameters
    ----------
    sites : (classes,) patients of each site; None where it hides them
    totals : (classes,) patients of all sites
    least : fewest patients of a class that are told
    """
    hidden = sum(counts is None for counts in sites)
    if not hidden:
        return True
    left = totals - sum((counts for counts in sites if counts is not None), np.zeros_like(totals))
    return hidden > 1 and bool((left >= least).all())


def _of_sites(evaluation: ViewEvaluation) -> list[Array | None]:
    return [
        None if site.positives is None or site.negatives is None else np.array([site.negatives, site.positives])
        for site in evaluation.sites
    ]


def _of_all(evaluation: ViewEvaluation) -> Array:
    pooled = evaluation.pooled
    positives = pooled.positives or 0
    return np.array([pooled.patients - positives, positives])


def _participant(participant: Participant) -> Participant:
    hidden = any(count is None for count in participant.classes)
    return participant.model_copy(update={"classes": (None,) * len(participant.classes)}) if hidden else participant


def _evaluation(evaluation: ViewEvaluation) -> ViewEvaluation:
    return evaluation.model_copy(
        update={
            "stratified": evaluation.stratified.model_copy(update={"pairs": None}),
            "pooled": evaluation.pooled.model_copy(update={"positives": None}),
        }
    )


def _line(line: Measured) -> Measured:
    shares = {"sensitivity": line.called.sensitivity, "specificity": line.called.specificity}
    return line.model_copy(update={"called": Called(**dict.fromkeys(_CALLED), **shares)})


_CALLED = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def _calls(calls: ClassCalls, least: int) -> ClassCalls:
    of_sites = [None if not all(site.patients) else np.array(site.patients) for site in calls.sites]
    nobody = (0,) * len(calls.overall.patients)
    sites = tuple(
        site if shown is not None else site.model_copy(update={"patients": nobody, "recall": (None,) * len(nobody)})
        for site, shown in zip(calls.sites, of_sites, strict=True)
    )
    if totals_shown(of_sites, np.array(calls.overall.patients), least):
        return calls.model_copy(update={"sites": sites})
    return calls.model_copy(
        update={
            "sites": sites,
            "matrix": (),
            "overall": calls.overall.model_copy(update={"patients": nobody}),
            "vendors": tuple(make.model_copy(update={"patients": nobody}) for make in calls.vendors),
        }
    )
