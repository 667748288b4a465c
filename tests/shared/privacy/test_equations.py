"""Equations for each unknown value, in the division that spreads them best."""

from itertools import pairwise

import pytest

from shared.privacy.equations import Equations, charge, families, joined


def columns(count, prefix="f"):
    return frozenset(f"{prefix}{index}" for index in range(count))


def test_equations_of_all_columns_spread_evenly():
    found = charge([Equations("products", 210, columns(20))])
    assert found.numbers == pytest.approx(10.5)
    assert found.columns == columns(20)
    assert found.per_unknown(400) == pytest.approx(10.5 / 400)


@pytest.mark.parametrize(
    ("sites", "patients", "features", "products", "ten_steps", "one_step"),
    [(5, 80, 20, 0.16, 0.31, 0.17), (5, 40, 20, 0.31, 0.63, 0.34), (4, 30, 20, 0.42, 0.85, 0.46)],
)
def test_what_training_costs(sites, patients, features, products, ten_steps, one_step):
    """Products and class sums of each site; then gradients of the final and each left-out fit."""
    unknown = columns(features)
    begun = [Equations("products", sites * (features * (features + 1) / 2 + 2 * (features + 1)), unknown)]

    def cost(steps):
        asked = [*begun, Equations("gradients", (sites + 1) * steps * (features + 1), unknown)]
        return charge(asked).per_unknown(sites * patients)

    assert cost(0) == pytest.approx(products, abs=0.006)
    assert cost(10) == pytest.approx(ten_steps, abs=0.01)
    assert cost(1) == pytest.approx(one_step, abs=0.01)


def test_the_densest_part_decides_and_not_the_whole():
    dense = Equations("of two columns", 30, columns(2))
    thin = Equations("of all", 10, columns(20))
    found = charge([dense, thin])
    assert found.numbers == pytest.approx(15)
    assert found.columns == columns(2)
    assert found.about == ("of two columns",)


def test_columns_that_somebody_knows_bear_nothing():
    """Four of six columns known: half an equation an unknown by a plain count, one and a half in truth."""
    asked = [Equations("Hessians", 90, columns(6))]
    assert charge(asked).per_unknown(30) == pytest.approx(0.5)
    assert charge(asked, known=columns(4)).per_unknown(30) == pytest.approx(1.5)
    assert charge(asked, known=columns(6)).numbers == 0


def test_copies_of_a_column_are_one_family():
    names = {f"{name} {setting}": name for name in columns(4) for setting in ("25 levels", "50 levels", "log")}
    apart = charge([Equations("products", 72, frozenset(names))])
    together = charge([Equations("products", 72, families(names, names))])
    assert together.numbers == pytest.approx(3 * apart.numbers)


def test_more_equations_never_cost_less():
    asked = [Equations(f"step {step}", 5 + step, columns(3 + step)) for step in range(6)]
    costs = [charge(asked[: index + 1]).numbers for index in range(len(asked))]
    assert all(before <= after + 1e-9 for before, after in pairwise(costs))


def test_a_ledger_adds_up_equations_of_one_kind():
    kept = joined([Equations("gradients", 21, columns(20))] * 10)
    assert kept == (Equations("gradients", 210, columns(20)),)
    assert charge(kept).numbers == pytest.approx(10.5)


def test_patients_without_unknowns_and_nothing_asked():
    assert charge([]).per_unknown(0) == 0
    assert charge([Equations("sums", 1, columns(1))]).per_unknown(0) == float("inf")
