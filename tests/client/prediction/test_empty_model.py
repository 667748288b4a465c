"""What a hospital is told where a model cannot make risks of its patients."""

import numpy as np

from client.prediction import unseen_site
from shared.results.result import Result
from tests.simulated_result import whole_result

Y = np.arange(60) % 2 * 1.0


def empty() -> Result:
    result = whole_result()
    assert result.model is not None
    nothing = tuple(one.model_copy(update={"value": 0.0}) for one in result.model.coefficients)
    return result.model_copy(update={"model": result.model.model_copy(update={"coefficients": nothing})})


def test_an_empty_model_ranks_nobody_and_says_so() -> None:
    risk, words = unseen_site.risks(np.zeros(60), Y, empty())
    assert np.isnan(risk).all()
    assert words.startswith("The model is empty")
    assert np.isnan(unseen_site.ranks(np.zeros(60), empty())).all()


def test_a_model_that_separates_the_classes_here_ranks() -> None:
    risk, words = unseen_site.risks(8 * Y - 4, Y, whole_result())
    assert np.isnan(risk).all()
    assert words.startswith("ranks only")
    assert "separates the classes" in words
    assert unseen_site.ranks(np.array([0.3, 0.1, 0.1]), whole_result()).tolist() == [3.0, 1.5, 1.5]


def test_one_score_for_all_labelled_patients_does_not_separate_classes() -> None:
    risk, words = unseen_site.risks(np.full(60, 0.2), Y, whole_result())
    assert np.isnan(risk).all()
    assert "the same score" in words
    assert "separates" not in words
