"""The fits and views of a study."""

from shared.plan import Fit, View, fits, views
from shared.study import Study


def test_the_plan_has_the_final_fit_first_then_folds_then_left_out_sites(study: Study) -> None:
    planned = fits(study, ("alpha", "beta"))
    assert planned[0] == Fit("final")
    assert [fit.name for fit in planned[1:]] == ["fold-1", "fold-2", "fold-3", "without-alpha", "without-beta"]
    assert views(study) == (View.CROSS_VALIDATION, View.LEFT_OUT_SITE)
    assert [fit.view for fit in planned] == [None, *[View.CROSS_VALIDATION] * 3, *[View.LEFT_OUT_SITE] * 2]
