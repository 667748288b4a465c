"""The fits and views of a study."""

from shared.study.plan import Arm, Fit, View, fits, inner_of, judged, tasks, views
from shared.study.study import Study


def test_the_plan_has_the_final_fit_first_then_folds_then_left_out_sites(study: Study) -> None:
    planned = fits(study, ("alpha", "beta"))
    assert planned[0] == Fit("final")
    assert [fit.name for fit in planned[1:]] == ["fold-1", "fold-2", "fold-3", "without-alpha", "without-beta"]
    assert views(study) == (View.CROSS_VALIDATION, View.LEFT_OUT_SITE)
    assert [fit.view for fit in planned] == [None, *[View.CROSS_VALIDATION] * 3, *[View.LEFT_OUT_SITE] * 2]


def test_every_outer_fit_has_its_inner_ones_and_every_arm_every_fit(study: Study) -> None:
    nested = study.model_copy(update={"model": study.model.model_copy(update={"penalties": 9, "l1_ratio": 1.0})})
    planned = fits(nested, ("alpha", "beta"))
    assert len(planned) == 6 * (1 + nested.evaluation.inner_folds)
    for outer in range(6):
        inner = [planned[one] for one in inner_of(nested, outer, 6)]
        assert [one.inner for one in inner] == list(range(5))
        assert {one.left_out for one in inner} == {planned[outer].left_out}
    asked = tasks(nested, planned)
    assert [one.arm for one in asked] == [Arm.MODEL] * 36 + [Arm.UNHARMONIZED] * 36
    assert [one.fit for one in asked[36:]] == list(range(36))


def test_of_more_than_two_classes_each_is_judged_against_the_others(study: Study) -> None:
    assert [(one.arm, one.view, one.target) for one in judged(study)[:2]] == [
        (Arm.MODEL, View.CROSS_VALIDATION, 1),
        (Arm.MODEL, View.LEFT_OUT_SITE, 1),
    ]
    assert {one.arm for one in judged(study)} == {Arm.MODEL, Arm.UNHARMONIZED, Arm.ALONE, Arm.SITE}
    assert [one.view for one in judged(study) if one.arm is Arm.ALONE] == [View.CROSS_VALIDATION]
