"""Questions and answers through Flower's records and the ledger's bytes."""

import numpy as np

from shared.messages import Answer, Question


def test_messages_survive_flowers_records() -> None:
    question = Question("ab", "run", "train-2", "train-1", ("x", "y"), {"words": ["a"]}, {"sum": np.array(2.5)})
    back = Question.from_records(question.to_records())
    assert (back.digest, back.roster, back.texts) == (question.digest, ("x", "y"), {"words": ["a"]})
    assert back.arrays["sum"].shape == ()
    answer = Answer("train-2", texts={"a": 1}, arrays={"m": np.arange(4, dtype=np.uint64).reshape(2, 2)})
    kept = Answer.from_bytes(Answer.from_records(answer.to_records()).to_bytes())
    assert (kept.step, kept.code, kept.texts) == ("train-2", "ok", {"a": 1})
    np.testing.assert_array_equal(kept.arrays["m"], answer.arrays["m"])


def test_a_question_with_another_array_has_another_digest() -> None:
    one, other = (Question("ab", "run", "train-2", arrays={"sum": np.array([value])}) for value in (1.0, 1.0 + 2**-52))
    assert one.digest != other.digest
