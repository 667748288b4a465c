"""Imputed totals are those of a table that scikit-learn imputed."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer

from shared.training.imputation import impute


def test_totals_equal_those_of_the_imputed_table():
    random = np.random.default_rng(2)
    x, y = random.normal(1, 2, (60, 5)), random.integers(0, 2, 60)
    x[random.random(60) < 0.3, 1] = np.nan
    x[40:, 3] = np.nan
    features = np.array([1, 3])
    of_class = [y == kind for kind in (0, 1)]

    def totals(table):
        return {
            "class_totals": np.array([[rows.sum() for rows in of_class]], dtype=float),
            "class_sums": np.array([[np.nansum(table[rows], axis=0) for rows in of_class]]),
            "sum_uu": np.nansum(table**2, axis=0)[None],
        }

    present = np.array([[(~np.isnan(x[rows][:, features])).sum(axis=0) for rows in of_class]], dtype=float)
    ours = impute({**totals(x), "present": present}, features)
    expected = totals(SimpleImputer().fit_transform(x))
    assert set(ours) == set(expected)
    for name, value in expected.items():
        assert ours[name] == pytest.approx(value, rel=1e-12), name


def test_a_feature_that_no_training_patient_has_is_zero():
    told = {
        "class_totals": np.array([[3.0, 4.0]]),
        "class_sums": np.zeros((1, 2, 1)),
        "sum_uu": np.zeros((1, 1)),
        "present": np.zeros((1, 2, 1)),
    }
    ours = impute(told, np.array([0]))
    assert not ours["class_sums"].any()
    assert not ours["sum_uu"].any()
