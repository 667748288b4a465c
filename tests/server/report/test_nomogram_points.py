import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from server.report.nomogram_points import Nomogram, Variable, of_standardized

AGE = Variable("age", 0.05, 30, 80)
SCORE = Variable("score", -1.0, -2, 2)


def test_by_hand():
    # effects: age 2.5, score 4 log-odds; 100 points for 4, so 25 points per log-odds
    model = Nomogram(-1.0, (AGE, SCORE))
    assert model.points_per_log_odds == pytest.approx(25)
    assert model.points(AGE, 30) == 0
    assert model.points(AGE, 80) == pytest.approx(62.5)
    assert model.points(SCORE, 2) == 0
    assert model.points(SCORE, -2) == pytest.approx(100)
    assert model.most == pytest.approx(162.5)
    assert model.total({"age": 50, "score": 0}) == pytest.approx(25 + 50)
    assert model.risk(75) == pytest.approx(expit(-1 + 0.05 * 50))


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(-5, 5), st.floats(-1, 1)), min_size=1, max_size=5),
    st.floats(-3, 3),
)
@settings(max_examples=50, deadline=None)
def test_points_lead_to_the_model_s_own_risk(rows, intercept):
    variables = tuple(Variable(f"v{k}", b, low, low + 2) for k, (b, low, _) in enumerate(rows))
    if max(variable.effect for variable in variables) < 1e-6:
        return
    model = Nomogram(intercept, variables)
    values = {f"v{k}": low + 1 + at for k, (_, low, at) in enumerate(rows)}
    linear = intercept + sum(b * values[f"v{k}"] for k, (b, _, _) in enumerate(rows))
    assert model.risk(model.total(values)) == pytest.approx(expit(linear), rel=1e-9)
    assert all(model.points(variable, values[variable.name]) >= -1e-9 for variable in variables)


def test_total_of_a_risk_is_the_way_back():
    model = Nomogram(-1.0, (AGE, SCORE))
    for risk in (0.05, 0.5, 0.9):
        assert model.risk(model.total_of(risk)) == pytest.approx(risk)


def test_standardized_coefficients_come_back_in_their_own_units():
    rng = np.random.default_rng(0)
    x = rng.normal([3.0, -1.0], [2.0, 0.1], (50, 2))
    mean, sd, weights = x.mean(0), x.std(0), np.array([0.7, -0.4])
    named = [(f"f{k}", weights[k], mean[k], sd[k]) for k in range(2)]
    model = of_standardized(0.3, named)
    expected = expit(0.3 + (x - mean) / sd @ weights)
    found = [model.risk(model.total({"f0": row[0], "f1": row[1]})) for row in x]
    assert found == pytest.approx(expected.tolist())
    assert model.variables[0].low == pytest.approx(mean[0] - 2 * sd[0])


def test_formula_is_the_model_in_words():
    assert Nomogram(-1.0, (AGE, SCORE)).formula() == (
        "log-odds = −1 + 0.05 × age − 1 × score; risk = 1 / (1 + exp(−log-odds))"
    )


def test_refuses_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="age: the range 80 to 30 is empty"):
        Variable("age", 0.05, 80, 30)
    with pytest.raises(ValueError, match="a variable with an effect"):
        Nomogram(0.0, (Variable("age", 0.0, 30, 80),))
