import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from server.report.evaluation import SiteAnswer, view_evaluation
from shared.metrics import calibration, delong, score_histogram
from shared.metrics.auc import Concordance, concordance
from shared.results.measure import IntervalKind
from shared.study.plan import View

BINS = 100


def answer(site, risks, positive):
    return SiteAnswer(
        site,
        concordance(risks, positive),
        delong.estimate(risks, positive).variance,
        calibration.recalibrate(risks, positive),
        calibration.squared_error_sum(risks, positive) / risks.size,
        score_histogram.count(risks, positive, BINS),
    )


@pytest.fixture(scope="module")
def sites():
    rng = np.random.default_rng(21)
    made = {}
    for site, n in (("a", 60), ("b", 80), ("c", 40)):
        positive = rng.random(n) < 0.4
        made[site] = np.clip(rng.normal(0.4 + 0.15 * positive, 0.2), 0, 1), positive
    return made


def evaluate(view, sites, extra=()):
    scores = sum(score_histogram.count(*site, BINS) for site in sites.values())
    errors = sum(calibration.squared_error_sum(*site) for site in sites.values())
    answers = [answer(site, *one) for site, one in sites.items()]
    return view_evaluation(view, [*answers, *extra], scores, errors)


def test_equals_the_pooled_computation(sites):
    computed = evaluate(View.LEFT_OUT_SITE, sites)
    risks, positive = (np.concatenate(column) for column in zip(*sites.values(), strict=True))
    assert abs(computed.pooled.auc - roc_auc_score(positive, risks)) <= computed.pooled.auc_bound
    assert computed.pooled.brier == pytest.approx(brier_score_loss(positive, risks))
    assert (computed.pooled.patients, computed.pooled.positives) == (180, positive.sum())
    pairs = [p.sum() * (~p).sum() for _, p in sites.values()]
    areas = [roc_auc_score(p, r) for r, p in sites.values()]
    assert computed.stratified.auc == pytest.approx(np.average(areas, weights=pairs))
    assert [site.auc for site in computed.sites] == pytest.approx(areas)


def test_intervals_only_for_models_that_never_saw_the_site(sites):
    unseen, folds = (evaluate(view, sites) for view in (View.LEFT_OUT_SITE, View.CROSS_VALIDATION))
    assert unseen.stratified.interval.kind is IntervalKind.DELONG
    assert unseen.stratified.interval.low < unseen.stratified.auc < unseen.stratified.interval.high
    assert all(site.interval for site in unseen.sites)
    assert folds.stratified.interval is None
    assert not any(site.interval for site in folds.sites)


def test_small_and_one_class_sites_have_no_value_and_spoil_nothing(sites):
    none = calibration.Recalibration(*[float("nan")] * 4)
    silent = SiteAnswer("small", None, float("nan"), none, float("nan"), None)
    one_class = SiteAnswer("pure", Concordance(0.0, 12, 0), float("nan"), none, 0.2, None)
    computed = evaluate(View.LEFT_OUT_SITE, sites, (silent, one_class))
    assert computed.stratified == evaluate(View.LEFT_OUT_SITE, sites).stratified
    by_site = {site.site: site for site in computed.sites}
    assert by_site["small"].positives is None
    assert by_site["small"].auc is None
    assert by_site["small"].brier is None
    assert (by_site["pure"].positives, by_site["pure"].auc, by_site["pure"].interval) == (12, None, None)


def test_nobody_evaluated_is_a_result_without_values():
    nobody = view_evaluation(View.CROSS_VALIDATION, [], np.zeros((2, BINS), int), 0.0)
    assert nobody.stratified.auc is None
    assert nobody.pooled.auc is None
    assert nobody.pooled.brier is None
    assert nobody.pooled.roc is None
    assert nobody.pooled.benefit is None


def test_every_patient_of_one_class_has_calibration_but_no_roc():
    risks, positive = np.linspace(0.1, 0.9, 30), np.ones(30, dtype=bool)
    computed = evaluate(View.CROSS_VALIDATION, {"a": (risks, positive)})
    assert computed.pooled.roc is None
    assert computed.pooled.auc is None
    assert sum(computed.pooled.calibration.patients) == 30
