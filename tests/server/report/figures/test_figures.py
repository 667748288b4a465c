"""Where the marks of the figures lie, read back from the SVG."""

from xml.etree import ElementTree

import numpy as np
import pytest

from server.report.figures.benefit import benefit
from server.report.figures.calibration import calibration
from server.report.figures.distributions import distributions
from server.report.figures.explained import explained
from server.report.figures.forest import forest
from server.report.figures.learning import learning
from server.report.figures.nomogram import nomogram
from server.report.figures.participants import participants
from server.report.figures.roc import roc
from server.report.harmonization import feature_harmonization
from server.report.nomogram_points import Nomogram, Variable
from server.report.svg import SITES
from shared.results.evaluation import BenefitPoints, CalibrationPoints, RocPoints
from shared.results.network import Round
from shared.results.taking_part import Participant
from tests.simulated_result import whole_result

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def evaluation():
    return whole_result().evaluations[0]


def marks(picture, tag):
    return list(ElementTree.fromstring(picture).iter(SVG + tag))


def tip(mark):
    return mark.findtext(SVG + "title", "")


def path_points(mark):
    return [tuple(map(float, pair.split())) for pair in mark.get("d").strip("MZ").split("L")]


def test_a_perfect_roc_goes_through_the_upper_left_corner(evaluation):
    perfect = RocPoints(threshold=(None, 0.5, 0.0), false_positive_rate=(0, 0, 1), true_positive_rate=(0, 1, 1))
    pooled = evaluation.pooled.model_copy(update={"roc": perfect, "auc": 1.0})
    picture = roc(evaluation.model_copy(update={"sites": (), "pooled": pooled}), [])
    (curve,) = marks(picture, "path")
    assert path_points(curve) == [(44, 274), (44, 24), (294, 24)]
    assert tip(curve) == "pooled: AUC 1.00"


def test_forest_draws_each_site_in_its_colour_and_names_what_is_missing(evaluation):
    sites = [site.site for site in evaluation.sites]
    silent = evaluation.sites[0].model_copy(update={"positives": None, "auc": None, "interval": None})
    single = evaluation.sites[1].model_copy(update={"negatives": 0, "auc": None, "interval": None})
    picture = forest(evaluation.model_copy(update={"sites": (silent, single, *evaluation.sites[2:])}), sites)
    words = [mark.text for mark in marks(picture, "text")]
    assert "too few patients" in words
    assert "one class only" in words
    dots = [mark.get("fill") for mark in marks(picture, "circle")]
    assert dots == [SITES[2], SITES[3], "#fff"]


def test_calibration_dots_lie_at_predicted_and_observed():
    points = CalibrationPoints(
        patients=(10, 40), predicted=(0.2, 0.6), observed=(0.5, 1.0), low=(0.3, 0.9), high=(0.7, 1.0)
    )
    few, many = marks(calibration(points), "circle")
    assert (float(few.get("cx")), float(few.get("cy"))) == (44 + 0.2 * 250, 24 + 0.5 * 250)
    assert (float(many.get("cx")), float(many.get("cy"))) == (44 + 0.6 * 250, 24)
    assert float(many.get("r")) > float(few.get("r"))


def test_benefit_leaves_out_what_falls_far_below_zero():
    points = BenefitPoints(threshold=(0.2, 0.5, 0.9), model=(0.3, 0.2, 0.0), treat_all=(0.2, -0.2, -7.0))
    model, treat_all, nobody = marks(benefit(points), "path")
    assert len(path_points(model)) == len(path_points(nobody)) == 3
    assert len(path_points(treat_all)) == 1


def test_ridges_of_all_sites_share_one_scale():
    counts = np.array([[0, 10, 0], [4, 2, 4]])
    feature = feature_harmonization("adc_mean", np.array([0.0, 1, 2, 3]), counts, counts)
    first, second, *_ = marks(distributions(feature, ["a", "b"]), "path")
    heights = [max(y for _, y in path_points(one)) - min(y for _, y in path_points(one)) for one in (first, second)]
    assert heights[1] / heights[0] == pytest.approx(0.4, abs=0.01)


def test_constant_features_have_no_dot():
    edges, flat = np.array([0.0, 1, 2]), np.array([[5, 0], [5, 0]])
    features = [
        feature_harmonization("constant", edges, flat, flat),
        feature_harmonization("shifted", edges, np.array([[5, 1], [1, 5]]), np.array([[3, 3], [3, 3]])),
    ]
    (dot,) = marks(explained(features), "circle")
    assert tip(dot) == "shifted: 44 % before, 0 % after"


def test_a_site_with_a_class_under_the_minimum_is_an_outline_of_all_its_patients():
    told = Participant(site="a", patients=30, classes=(4, 26), exclusions=(), scanners=(), settings="", software=())
    sites = [
        told.model_copy(update={"classes": (None, None)}),
        told.model_copy(update={"site": "b", "classes": (6, 24)}),
    ]
    bars = [mark for mark in marks(participants(sites, ["zero", "low"], 5), "rect") if tip(mark)]
    hidden = "a: a class has fewer than 5 patients, so no number is shown"
    assert [tip(bar) for bar in bars] == [hidden, "b, zero: 6", "b, low: 24"]
    widths = [float(bar.get("width")) for bar in bars]
    assert [width / widths[0] for width in widths[1:]] == pytest.approx([6 / 30, 24 / 30], abs=0.002)


def test_nomogram_marks_stand_under_their_points():
    # 0 to 10 at 0.4 is the largest effect: 10 points a unit; risk 0.5 at 2.5 log-odds
    model = Nomogram(-2.5, (Variable("a", 0.4, 0, 10), Variable("b", -0.1, 0, 10)))
    picture = nomogram(model)
    written = {}
    for mark in marks(picture, "text"):
        written.setdefault(mark.text, []).append(float(mark.get("x")))
    left, right = written["0"][0], written["100"][0]
    # "4" on the line of a stands under 40 points, on that of b (25 points in all, falling) under 15
    assert written["4"] == pytest.approx([left + 0.4 * (right - left), left + 0.15 * (right - left)], abs=0.02)
    # base -3.5; 125 points in all are 5 log-odds, so risk 50 % lies at 3.5 / 5 of the total's line
    assert written["50 %"] == pytest.approx([left + 0.7 * (right - left)], abs=0.02)


@pytest.mark.parametrize("rounds", [1, 2, 6, 25, 101])
def test_learning_curves_are_marked_at_whole_rounds(rounds):
    curve = [Round(loss=1 / (turn + 1), auc=None, site_loss=(1.2, 0.8), change=0.1) for turn in range(rounds)]
    picture = learning(curve)
    paths = [path_points(mark) for mark in marks(picture, "path")]
    assert [len(path) for path in paths] == [rounds] * 3, "two sites, then all together"
    labels = [mark.text for mark in marks(picture, "text")]
    start, end = labels.index("mean log-loss") + 1, labels.index("rounds of training before")
    shown = labels[start:end]
    assert 2 <= len(shown) <= 12
    assert shown == [str(int(number)) for number in shown]
    assert all(0 <= y <= 308 for mark in marks(picture, "text") for y in [float(mark.get("y"))])
    assert min(float(mark.get("y")) for mark in marks(picture, "text")) >= 11, "nothing is cut off"
