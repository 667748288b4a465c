import numpy as np
import pytest

from server.report.hidden_counts import totals_shown, without_complements
from shared.results.evaluation import ClassCalls, Recall
from shared.study.plan import View
from tests.simulated_result import whole_result


@pytest.fixture(scope="module")
def result():
    """South has 14 and 7 patients where the minimum is 10; all others enough of both classes."""
    made = whole_result()
    study = made.study.model_copy(update={"privacy": made.study.privacy.model_copy(update={"minimum_patients": 10})})
    participants = tuple(
        one.model_copy(update={"classes": (None, 14), "patients": 21}) if one.site == "south" else one
        for one in made.participants
    )
    evaluations = tuple(_hidden(one) for one in made.evaluations)
    calls = ClassCalls(
        view=View.CROSS_VALIDATION,
        matrix=((30, 20), (28, 40)),
        overall=Recall(where="all", patients=(50, 68), recall=(0.6, 0.59)),
        sites=(
            Recall(where="north", patients=(43, 54), recall=(0.5, 0.5)),
            Recall(where="south", patients=(0, 14), recall=(None, 0.5)),
        ),
        vendors=(Recall(where="GE", patients=(50, 68), recall=(0.6, 0.59)),),
    )
    return made.model_copy(
        update={
            "study": study,
            "study_digest": study.digest,
            "participants": participants,
            "evaluations": evaluations,
            "class_calls": (calls,),
        }
    )


def _hidden(evaluation):
    sites = tuple(
        one.model_copy(update={"positives": None, "negatives": None, "auc": None}) if one.site == "south" else one
        for one in evaluation.sites
    )
    return evaluation.model_copy(update={"sites": sites})


def test_a_site_that_hides_a_class_tells_none(result):
    shown = {one.site: one for one in without_complements(result).participants}
    assert shown["south"].classes == (None, None)
    assert shown["south"].patients == 21
    assert shown["north"] == next(one for one in result.participants if one.site == "north")


def test_no_total_by_class_is_told_from_which_a_single_site_follows(result):
    found = without_complements(result)
    for evaluation in found.evaluations:
        assert evaluation.pooled.positives is None
        assert evaluation.stratified.pairs is None
        assert evaluation.stratified.auc is not None
    calls = found.class_calls[0]
    assert calls.matrix == ()
    assert calls.overall.patients == (0, 0)
    assert calls.overall.recall == (0.6, 0.59)
    assert calls.sites[1] == Recall(where="south", patients=(0, 0), recall=(None, None))
    assert calls.vendors[0].patients == (0, 0)


def test_a_result_that_hides_nothing_stays_as_it_is():
    made = whole_result()
    if all(count is not None for one in made.participants for count in one.classes):
        assert without_complements(made) == made
    else:
        assert without_complements(made).evaluations == made.evaluations


@pytest.mark.parametrize(
    ("sites", "shown"),
    [
        ([np.array([20, 30]), np.array([30, 20])], True),
        ([np.array([43, 54]), None], False),  # 50 and 68 less these give 7 and 14
        ([np.array([20, 30]), None, None], True),  # 30 and 38, of two sites together
        ([np.array([45, 30]), None, None], False),  # 5 of a class, of two sites together
    ],
)
def test_totals_are_told_where_the_hidden_sites_are_several_and_enough(sites, shown):
    assert (
        totals_shown(sites, np.array([50, 68]) if not all(one is not None for one in sites) else sum(sites), 10)
        is shown
    )
