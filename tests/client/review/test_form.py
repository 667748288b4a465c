"""The readers' form: closed answers, and questions that make sense together."""

import pytest

from client.review.form import FORM, checked
from shared.errors import MrfedError


def test_names_and_values_are_unique_and_fit_a_column():
    names = [item.name for item in FORM]
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in names)
    for item in FORM:
        assert len(set(item.values)) == len(item.values) >= 2
        assert not any(" " in value for value in item.values)


def test_what_an_item_depends_on_comes_before_it():
    place = {item.name: number for number, item in enumerate(FORM)}
    for item in FORM:
        if item.only_if is not None:
            other, value = item.only_if
            assert place[other] < place[item.name]
            assert value in FORM[place[other]].values


def test_answers_that_make_no_sense_with_the_others_are_dropped():
    given = {"oedema": "peritumoral", "mass_shape": "oval", "lesion": "non-mass", "bpe": "mild"}
    assert checked(given) == {"bpe": "mild", "lesion": "non-mass", "oedema": "peritumoral"}
    assert list(checked(given)) == ["bpe", "lesion", "oedema"], "in the form's order"


@pytest.mark.parametrize("answers", [{"bpe": "huge"}, {"<script>": "x"}, {"birads": "7"}])
def test_what_is_no_answer_is_refused(answers):
    with pytest.raises(MrfedError, match="is no answer of the form"):
        checked(answers)
