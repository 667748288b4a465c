"""Size and coverage where patients train each other's models, through the functions of a study."""

import numpy as np
import pytest

from shared.metrics.dependence import INFLATION, inflation, widened
from shared.study.plan import View
from tests.validation import interval_scenario as scenario

COHORTS = 200


def test_limits_are_stretched_by_the_root_of_the_inflation_about_the_value():
    assert inflation(mutual=False) == 1
    assert widened(0.7, 0.6, 0.75, mutual=False) == pytest.approx((0.6, 0.75))
    assert widened(0.7, 0.6, 0.75, mutual=True) == pytest.approx(
        (0.7 - 0.1 * np.sqrt(INFLATION), 0.7 + 0.05 * np.sqrt(INFLATION))
    )


@pytest.fixture(scope="module")
def null() -> list[dict[View, scenario.Held]]:
    return [scenario.cohort(seed) for seed in range(COHORTS)]


@pytest.mark.slow
@pytest.mark.parametrize("view", scenario.VIEWS)
def test_no_interval_range_or_test_errs_more_often_than_it_says(
    null: list[dict[View, scenario.Held]], view: View
) -> None:
    """99 % of such samples of a test of 5 % have at most so many."""
    found = scenario.counts(null, view)
    assert max(found.missed, found.excludes, found.beyond, found.differs, found.rejected) <= scenario.most(COHORTS)


@pytest.mark.slow
@pytest.mark.parametrize("view", [View.CROSS_VALIDATION, View.LEFT_OUT_SITE])
def test_variances_of_independent_patients_are_too_small(null: list[dict[View, scenario.Held]], view: View) -> None:
    """What the widening is for: without it the AUC of models that know nothing spreads more than it should."""
    off = np.array([cohort[view].standardized for cohort in null])
    assert 1.25 < off.var() < INFLATION
