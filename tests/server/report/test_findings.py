import numpy as np
import pytest

from server.report.card import card
from server.report.findings import chance_excluded, findings, unseen_first
from server.report.page import render
from shared.results.evaluation import BenefitPoints, Called, Chance, Measured, Recalibrated, Stratified
from shared.results.measure import Interval, IntervalKind
from shared.study.plan import Arm, View
from tests.simulated_result import whole_result


@pytest.fixture(scope="module")
def result():
    return whole_result()


def with_first(result, **changes):
    """The result with its left-out-site evaluation changed."""
    first = unseen_first(result)[0]
    return result.model_copy(update={"evaluations": (first.model_copy(update=changes),)})


def stratified(auc, low=None, high=None):
    interval = None if low is None else Interval(low=low, high=high, kind=IntervalKind.UNTOUCHED)
    return Stratified(auc=auc, pairs=1234, chance_low=0.43, chance_high=0.57, interval=interval)


def test_the_main_sentence_names_classes_pairs_and_interval(result):
    sentences = findings(with_first(result, stratified=stratified(0.741, 0.671, 0.812)))
    assert sentences[0] == (
        "At sites that the model had not seen, the model ranked a patient of class low above one of class zero "
        "from the same site in 74 % of 1\u202f234 pairs (AUC 0.74, 95 % interval 0.67 to 0.81)."
    )
    assert not any("Chance is not excluded" in one for one in sentences)


@pytest.mark.parametrize(
    ("within", "sentence"),
    [
        (stratified(0.55, 0.48, 0.62), "Chance is not excluded: the interval includes 0.5."),
        (stratified(0.55), "Chance is not excluded: it alone gives 0.43 to 0.57 here."),
        (stratified(0.3, 0.2, 0.4), "This is worse than chance: the ranking is reversed."),
        (
            stratified(0.95, 0.91, 0.99),
            "An AUC over 0.90 is unusual for such a question and probably optimistic or leaking: look for the "
            "leak before believing it.",
        ),
    ],
)
def test_no_hype(result, within, sentence):
    assert findings(with_first(result, stratified=within))[1] == sentence


def test_the_interval_goes_before_the_range_of_chance():
    assert not chance_excluded(stratified(0.6, 0.49, 0.7))
    assert chance_excluded(stratified(0.6))
    assert not chance_excluded(stratified(None))


def test_nothing_is_said_without_pairs(result):
    sentences = findings(with_first(result, stratified=stratified(None)))
    assert sentences[0].endswith("no site had patients of both classes: nothing can be said.")


def test_a_higher_pooled_auc_is_explained(result):
    pooled = unseen_first(result)[0].pooled.model_copy(update={"auc": 0.70, "auc_bound": 0.004})
    low = findings(with_first(result, stratified=stratified(0.60, 0.55, 0.65), pooled=pooled))
    assert any("recognizing the site helps" in sentence for sentence in low)
    near = findings(with_first(result, stratified=stratified(0.68, 0.6, 0.75), pooled=pooled))
    assert not any("recognizing the site helps" in sentence for sentence in near)


@pytest.mark.parametrize(
    ("slope", "verdict"),
    [(0.4, "too extreme"), (1.0, "neither too extreme nor too cautious"), (1.6, "too cautious")],
)
def test_calibration_is_put_in_words(result, slope, verdict):
    recalibration = Recalibrated(slope=slope, slope_standard_error=0.1, intercept=0.0, intercept_standard_error=0.1)
    pooled = unseen_first(result)[0].pooled.model_copy(update={"recalibration": recalibration})
    assert any(f"Predicted risks are {verdict}" in finding for finding in findings(with_first(result, pooled=pooled)))


def test_benefit_is_said_of_the_longest_stretch_and_only_beyond_chance(result):
    threshold = np.arange(1, 10) / 10
    benefit = BenefitPoints(
        threshold=tuple(threshold.tolist()),
        model=(0.3, 0.1, 0.1, 0.1, -0.1, 0.1, -0.1, -0.1, -0.1),
        treat_all=(0.3, 0.0, 0.0, -0.1, -0.2, -0.3, -0.4, -0.5, -0.6),
    )
    pooled = unseen_first(result)[0].pooled.model_copy(update={"benefit": benefit})
    sentences = findings(with_first(result, pooled=pooled, stratified=stratified(0.7, 0.6, 0.8)))
    assert any(one.endswith("acting on all or on nobody from 20 % to 40 % risk.") for one in sentences)
    unsure = findings(with_first(result, pooled=pooled, stratified=stratified(0.52, 0.45, 0.6)))
    assert not any("net benefit" in sentence for sentence in unsure)


def test_unseen_sites_come_first(result):
    turned = result.model_copy(update={"evaluations": result.evaluations[::-1]})
    assert [one.view for one in unseen_first(turned)] == [View.LEFT_OUT_SITE, View.CROSS_VALIDATION]


def test_features_that_differ_are_counted_with_bonferroni(result):
    p = [one.before.site_mean.p_value for one in result.assessed]
    counted = sum(p_value < 0.05 / len(p) for p_value in p)
    assert 0 < counted < len(p)
    assert findings(result)[-1] == (
        f"The means of {counted} of 40 features differed between sites before harmonization, and of 0 after it."
    )


def test_shuffles_that_are_too_few_to_exclude_chance_are_said_to_be(result):
    chance = Chance(
        shuffles=9, auc=0.7, p_value=0.1, mean=0.5, low=0.4, high=0.6, aucs=(0.5,) * 9, exchanges=3, bytes_up=1,
        converged=True,
    )  # fmt: skip
    sentences = " ".join(findings(result.model_copy(update={"chance": chance})))
    assert "Of 9 shuffles of the labels none did as well; so few cannot exclude chance." in sentences
    worse = chance.model_copy(update={"p_value": 0.3})
    assert "Of 9 shuffles of the labels 2 did as well" in " ".join(
        findings(result.model_copy(update={"chance": worse}))
    )


def test_calibration_that_could_be_anything_is_not_called_good(result):
    recalibration = Recalibrated(slope=0.56, slope_standard_error=0.546, intercept=0.0, intercept_standard_error=0.1)
    pooled = unseen_first(result)[0].pooled.model_copy(update={"recalibration": recalibration})
    said = " ".join(findings(with_first(result, pooled=pooled)))
    assert "These patients are too few to tell whether predicted risks are too extreme or too cautious" in said
    assert "neither too extreme" not in said


def empty(result):
    assert result.model is not None
    nothing = tuple(one.model_copy(update={"value": 0.0}) for one in result.model.coefficients)
    return result.model_copy(update={"model": result.model.model_copy(update={"coefficients": nothing})})


def test_an_empty_model_is_said_first_and_nothing_is_read_into_it(result):
    said = findings(empty(result))
    assert said[0].startswith("The model is empty: it uses no feature and predicts the same for every patient")
    assert not any("calibration slope" in one or "net benefit" in one or "hance" in one for one in said)
    shown, told = render(empty(result)), card(empty(result))
    assert "<strong>The model is empty" in shown
    assert "on 0 of" in shown
    assert "As a nomogram" not in shown
    assert "counts as positive" not in shown
    assert "**The model is empty" in told
    assert " 0 in the model" in told


def line(arm, difference, low=None, high=None):
    nothing = {"true_positives": 1, "false_positives": 1, "false_negatives": 1, "true_negatives": 1}
    apart = None if low is None else Interval(low=low, high=high, kind=IntervalKind.DELONG_MUTUAL)
    return Measured(
        arm=arm, view=View.LEFT_OUT_SITE, target="low", auc=0.6, spread=None, interval=None, pooled_auc=0.6,
        pooled_auc_bound=0.0, average_precision=0.5, brier=0.2,
        called=Called(**nothing, sensitivity=0.5, specificity=0.5),
        difference=difference, difference_interval=apart, difference_p=None,
    )  # fmt: skip


def test_comparators_that_the_study_names_stand_among_the_findings(result):
    compared = (line(Arm.MODEL, None), line(Arm.CLINICAL, -0.11, -0.2, -0.02), line(Arm.VOLUME, 0.02, -0.1, 0.14))
    said = " ".join(findings(result.model_copy(update={"comparisons": compared})))
    assert "clinical variables only gives an AUC of 0.60; the model +0.11 (+0.02 to +0.20): it ranks better." in said
    assert (
        "tumour volume only gives an AUC of 0.60; the model \u22120.02 (\u22120.14 to +0.10): these patients do not"
        in said
    )


def test_enough_shuffles_decide_in_cross_validation_in_place_of_an_interval(result):
    chance = Chance(
        shuffles=99, auc=0.62, p_value=0.02, mean=0.5, low=0.4, high=0.6, aucs=(0.5,) * 99, exchanges=3, bytes_up=1,
        converged=True,
    )  # fmt: skip
    cross = next(one for one in result.evaluations if one.view is View.CROSS_VALIDATION)
    unsure = cross.model_copy(update={"stratified": stratified(0.62, 0.45, 0.76)})
    said = " ".join(findings(result.model_copy(update={"chance": chance, "evaluations": (unsure,)})))
    assert "of 99 shuffles of the labels 1 did (p = 0.02)" in said
    assert "Chance is not excluded" not in said
