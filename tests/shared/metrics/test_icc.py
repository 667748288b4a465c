import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.metrics.icc import icc, icc_interval, squares

# Shrout & Fleiss 1979, table 2: six subjects, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_shrout_and_fleiss():
    sums = squares(SHROUT_FLEISS[:, :, None])
    # Their table 3: mean squares 11.24, 32.49, 1.02; ICC(2,1) = 0.29.
    assert [float(mean_square[0]) for mean_square in sums.mean_squares] == pytest.approx(
        [11.24, 32.49, 1.02], abs=0.005
    )
    assert icc(sums)[0] == pytest.approx(0.29, abs=0.005)
    # McGraw & Wong's interval of the same table, as R's psych::ICC prints it: 0.019 to 0.76.
    lower, upper = icc_interval(sums)
    assert (lower[0], upper[0]) == (pytest.approx(0.019, abs=0.001), pytest.approx(0.761, abs=0.001))


def anova(values):
    """Mean squares of a two-way table by linear models: the residuals of nested least squares fits."""
    n, k = values.shape
    subject, rater = np.repeat(np.arange(n), k), np.tile(np.arange(k), n)
    y = values.ravel()
    designs = [
        np.ones((n * k, 1)),
        np.eye(n)[subject],
        np.eye(k)[rater],
        np.hstack([np.eye(n)[subject], np.eye(k)[rater]]),
    ]
    rss = [((y - d @ np.linalg.lstsq(d, y, rcond=None)[0]) ** 2).sum() for d in designs]
    return (rss[0] - rss[1]) / (n - 1), (rss[0] - rss[2]) / (k - 1), rss[3] / ((n - 1) * (k - 1))


@given(seed=st.integers(0, 1000), n=st.integers(3, 20), k=st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_mean_squares_equal_those_of_linear_models(seed, n, k):
    rng = np.random.default_rng(seed)
    values = 1e3 + rng.normal(size=(n, 1, 2)) + rng.normal(size=(1, k, 2)) + 0.3 * rng.normal(size=(n, k, 2))
    computed = squares(values).mean_squares
    for feature in range(2):
        expected = anova(values[:, :, feature])
        assert [one[feature] for one in computed] == pytest.approx(expected, rel=1e-6)


def test_of_what_is_known_in_closed_form():
    rng = np.random.default_rng(0)
    subjects = rng.normal(size=(4000, 1, 1))
    # Variances: subjects 1, measurements 0.25 + 0.25 (fixed shifts), noise 0.5.
    values = subjects + np.array([-0.5, 0.5]).reshape(1, 2, 1) + np.sqrt(0.5) * rng.normal(size=(4000, 2, 1))
    # ICC(2,1) = 1 / (1 + 0.5 + 0.5): two measurements at +-0.5 have the variance 0.5.
    assert icc(squares(values))[0] == pytest.approx(0.5, abs=0.02)


def test_the_interval_that_the_field_quotes():
    # 0.75 from 20 subjects measured twice means 0.47 to 0.89.
    rng = np.random.default_rng(1)
    subject, noise = rng.normal(size=20), rng.normal(size=20)
    subject -= subject.mean()
    noise -= noise.mean()
    noise -= subject * (noise @ subject) / (subject @ subject)
    noise *= np.sqrt((subject @ subject) / 7 / (noise @ noise))  # MSR / MSE = 7 gives 0.75
    values = np.stack([subject + noise, subject - noise], axis=1)[:, :, None]
    assert icc(squares(values))[0] == pytest.approx(0.75, abs=0.02)
    lower, upper = icc_interval(squares(values))
    assert (lower[0], upper[0]) == (pytest.approx(0.47, abs=0.03), pytest.approx(0.89, abs=0.02))


def test_sites_add_up_and_their_differences_are_no_reliability():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(3, 15, 2, 1))
    same = [squares(values) for values in noise]
    shifted = [squares(one + 1e3 * number) for number, one in enumerate(noise)]
    together = same[0] + same[1] + same[2]
    np.testing.assert_allclose(icc(shifted[0] + shifted[1] + shifted[2]), icc(together), atol=1e-6)
    assert abs(icc(together)[0]) < 0.4
    assert icc(squares(np.concatenate([one + 1e3 * number for number, one in enumerate(noise)])))[0] > 0.99
    low, high = icc_interval(together)
    assert high[0] - low[0] < np.subtract(*icc_interval(same[0])[::-1])[0]


def test_one_site_is_the_ordinary_icc():
    nothing = squares(np.full((1, 4, 1), 3.0))  # a site with one subject adds nothing
    sums = squares(SHROUT_FLEISS[:, :, None]) + nothing
    assert icc(sums)[0] == icc(squares(SHROUT_FLEISS[:, :, None]))[0]
    assert sums.sites[0] == 1


def test_a_subject_with_a_missing_value_is_left_out_of_that_feature():
    values = np.stack([SHROUT_FLEISS, SHROUT_FLEISS], axis=2)
    values[2, 1, 1] = np.nan
    sums = squares(values)
    np.testing.assert_array_equal(sums.subjects, [6, 5])
    assert icc(sums)[1] == icc(squares(np.delete(SHROUT_FLEISS, 2, axis=0)[:, :, None]))[0]


def test_edges():
    perfect = np.repeat(np.arange(5.0)[:, None, None], 3, axis=1)
    assert icc(squares(perfect))[0] == 1
    assert [one[0] for one in icc_interval(squares(perfect))] == [1, 1]
    assert np.isnan(icc(squares(np.full((5, 2, 1), 7.0)))[0])  # nothing varies
    assert np.isnan(icc(squares(np.full((5, 2, 1), np.nan)))[0])
