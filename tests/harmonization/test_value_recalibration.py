"""A number predicted at another hospital is corrected only where its labels ask for it."""

import numpy as np
import pytest

from harmonization.recalibration import Update
from harmonization.value_recalibration import FEWEST_LABELLED, recalibrate_value


def labelled(intercept: float, slope: float, n: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    p = random.normal(30, 10, n)
    return p, intercept + slope * p + random.normal(0, 4, n)


def test_an_offset_moves_the_intercept_and_a_bent_scale_both() -> None:
    shifted = recalibrate_value(*labelled(5, 1))
    assert (shifted.update, shifted.slope) == (Update.INTERCEPT, 1.0)
    assert shifted.intercept == pytest.approx(5, abs=1)
    bent = recalibrate_value(*labelled(10, 0.5))
    assert bent.update is Update.INTERCEPT_AND_SLOPE
    p, y = labelled(10, 0.5)
    assert [bent.slope, bent.intercept] == pytest.approx(np.polyfit(p, y, 1).tolist())
    np.testing.assert_allclose(bent.value(p), np.polyval(np.polyfit(p, y, 1), p))


def test_a_model_that_fits_stays_as_it_is_as_often_as_the_test_says() -> None:
    kept = sum(recalibrate_value(*labelled(0, 1, 60, seed)).update is Update.NONE for seed in range(400))
    assert 366 <= kept <= 393  # 95 % of 400, within three standard deviations


def test_few_labels_change_nothing() -> None:
    p, y = labelled(20, 1, FEWEST_LABELLED)
    y[0] = np.nan
    computed = recalibrate_value(p, y)
    assert (computed.update, computed.patients) == (Update.NONE, 0)
    np.testing.assert_array_equal(computed.value(p), p)


def test_one_predicted_value_for_all_gives_no_slope() -> None:
    computed = recalibrate_value(np.full(30, 12.0), 12 + np.random.default_rng(1).normal(3, 1, 30))
    assert (computed.update, computed.slope) == (Update.INTERCEPT, 1.0)
