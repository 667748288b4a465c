"""Numbers that weigh patients by their own values are equations for them: from enough of them every patient follows."""

import numpy as np
import pytest

from shared.privacy.equations import Equations, charge, families
from tests.shared.privacy.solved_hessians import hessians, median_error, solved

LIMIT = 1 / 3
"""Numbers an unknown that a charge may reach."""
A_GUESS = 0.45
"""SD of a patient's values by which somebody who knows nothing misses the nearest patient, at the least."""


def attacked(patients: int, features: int, steps: int, seed: int) -> float:
    random = np.random.default_rng(seed)
    x = random.normal(size=(patients, features))
    coefficients = random.normal(size=(steps, features + 1)) * 0.7
    told = hessians(np.hstack([np.ones((patients, 1)), x]), coefficients)
    return median_error(x, solved(told, coefficients, patients, random))


def charged(patients: int, features: int, steps: int) -> float:
    numbers = steps * (features + 1) * (features + 2) / 2
    columns = frozenset(f"feature {index}" for index in range(features))
    return charge([Equations("Hessians", numbers, columns)]).per_unknown(patients)


@pytest.mark.slow
def test_hessians_at_several_coefficients_are_equations_for_the_patients() -> None:
    few, enough = (2, 14)
    assert charged(30, 6, few) <= LIMIT < charged(30, 6, enough)
    guess, exact = attacked(30, 6, few, seed=5), attacked(30, 6, enough, seed=5)
    assert exact < 1e-4
    assert guess > A_GUESS


def test_copies_of_a_column_hide_no_equations() -> None:
    """Identical copies under three names: 0.47 equations a value by a plain count, 1.4 in truth."""
    names = {f"feature {index}, {bins} bins": f"feature {index}" for index in range(6) for bins in (16, 32, 64)}
    numbers = 0.47 * 30 * len(names)
    apart = charge([Equations("products", numbers, frozenset(names))]).per_unknown(30)
    assert apart == pytest.approx(0.47)
    assert charge([Equations("products", numbers, families(names, names))]).per_unknown(30) == pytest.approx(3 * 0.47)


def test_two_cohorts_that_differ_by_a_few_are_equations_about_those_few() -> None:
    """Products of 80 patients and of 92 of them: about the twelve alone their difference has 1.1 numbers a value."""
    numbers = 6 * 7 / 2 * 4
    columns = frozenset(f"feature {index}" for index in range(6))
    difference = charge([Equations("products", numbers, columns)])
    assert difference.per_unknown(80) < LIMIT < difference.per_unknown(12)
