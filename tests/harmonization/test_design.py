"""Covariate columns: agreed categories, splines, missing values."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.interpolate import CubicSpline

from harmonization.combat import Settings, harmonize_pooled
from harmonization.design import Categorical, Continuous, Spline, columns, design, encodings
from harmonization.errors import HarmonizationError
from shared.sections.harmonization import Covariate
from tests.harmonization.reference import cohort, neuro_combat, off

KNOTS = (30.0, 45.0, 52.0, 70.0)


def test_columns_by_hand():
    table = {"age": np.array([40, 50, 60]), "er": np.array(["neg", "pos", "neg"]), "field": np.array([3, 1, 3])}
    covariates = [Continuous("age"), Categorical("er", ("neg", "pos", "unclear")), Categorical("field", ("1", "3"))]
    assert columns(covariates) == ("age", "er=pos", "er=unclear", "field=3")
    assert design(table, covariates, 3).tolist() == [[40, 0, 0, 1], [50, 1, 0, 0], [60, 0, 0, 1]]


def test_without_covariates_there_are_no_columns():
    assert design({}, [], 5).shape == (5, 0)


def test_a_category_that_no_site_agreed_on_is_named():
    with pytest.raises(HarmonizationError, match=r"er: maybe is none of the levels .*\(neg, pos\)"):
        design({"er": np.array(["neg", "maybe"])}, [Categorical("er", ("neg", "pos"))], 2)


def test_missing_covariates_are_counted():
    with pytest.raises(HarmonizationError, match="age: missing for 2 of 3 patients"):
        design({"age": np.array([np.nan, 50, np.nan])}, [Continuous("age")], 3)


@pytest.mark.parametrize("knots", [(1.0, 2.0), (1.0, 1.0, 2.0), (3.0, 2.0, 1.0)])
def test_knots_ascend_and_are_three_or_more(knots):
    with pytest.raises(HarmonizationError, match="three or more ascending knots"):
        Spline("age", knots)


def test_spline_spans_the_natural_cubic_splines_on_its_knots():
    values = np.linspace(10, 95, 200)
    basis = np.column_stack([np.ones(200), Spline("age", KNOTS).encode(values)])
    assert basis.shape[1] == len(KNOTS) == len(columns([Spline("age", KNOTS)])) + 1
    for unit in np.eye(len(KNOTS)):
        natural = CubicSpline(KNOTS, unit, bc_type="natural")
        # linear beyond the outer knots
        expected = natural(values)
        for end, beyond in ((KNOTS[0], values < KNOTS[0]), (KNOTS[-1], values > KNOTS[-1])):
            expected[beyond] = natural(end) + natural(end, 1) * (values[beyond] - end)
        fitted = basis @ np.linalg.lstsq(basis, expected, rcond=None)[0]
        assert np.abs(fitted - expected).max() < 1e-9


def test_spline_covariates_equal_the_reference_given_its_columns():
    x, batch, z = cohort(11)
    x = x + 0.01 * (z - 50) ** 2
    basis = Spline("age", KNOTS).encode(z[:, 0])
    rounded = np.float32(basis).astype(np.float64)  # the reference casts to float32
    named = {f"basis{index}": rounded[:, index] for index in range(rounded.shape[1])}
    theirs = neuro_combat(x, batch, named, continuous_cols=list(named))["data"].T
    assert off(harmonize_pooled(x, batch, rounded, Settings()).x, theirs, x) < 1e-10


def test_spline_keeps_a_bent_effect_that_a_line_would_give_to_the_batches():
    random = np.random.default_rng(12)
    age = np.concatenate([random.uniform(25, 50, 150), random.uniform(45, 75, 150)])
    batch = np.repeat(["young", "old"], 150)
    bent = np.maximum(age - 50, 0)[:, None] * np.ones(4) / 5
    x = bent + 0.1 * random.normal(size=(300, 4))
    straight = harmonize_pooled(x, batch, age[:, None], Settings()).x
    curved = harmonize_pooled(x, batch, Spline("age", (25, 40, 50, 60, 75)).encode(age), Settings()).x
    assert np.sqrt(((straight - x) ** 2).mean()) > 3 * np.sqrt(((curved - x) ** 2).mean())


def test_a_study_declares_covariates():
    declared = [
        Covariate(column="age", kind="spline", knots=(30, 50, 70)),
        Covariate(column="er", kind="categorical"),
        Covariate(column="size", kind="continuous"),
    ]
    assert encodings(declared, {"er": ["neg", "pos"]}) == (
        Spline("age", (30, 50, 70)),
        Categorical("er", ("neg", "pos")),
        Continuous("size"),
    )


@pytest.mark.parametrize(
    ("kind", "knots", "words"),
    [
        ("spline", (30, 50), "three or more"),
        ("spline", (3, 2, 4), "ascending"),
        ("continuous", (1, 2, 3), "only a spline"),
    ],
)
def test_a_study_with_knots_that_make_no_spline_is_refused(kind, knots, words):
    with pytest.raises(ValidationError, match=words):
        Covariate(column="age", kind=kind, knots=knots)
