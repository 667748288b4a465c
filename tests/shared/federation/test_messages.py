"""Questions and answers through Flower's records and the ledger's bytes."""

import numpy as np
import pytest
from flwr.app import ConfigRecord, MetricRecord, RecordDict

from shared import arrays
from shared.errors import Code, MrfedError
from shared.federation.messages import Answer, Question
from shared.files import document


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


def records_of(head: object) -> RecordDict:
    content = arrays.to_bytes({"": np.frombuffer(document.canonical(head), np.uint8)})
    return RecordDict({"0": ConfigRecord({"bytes": content})})


HEAD = {"study": "ab", "run": "run", "step": "enroll", "after": "", "roster": [], "texts": {}}


@pytest.mark.parametrize(
    "records",
    [
        RecordDict({**Question("ab", "run", "enroll").to_records(), "config": ConfigRecord({"site-file": "other"})}),
        RecordDict({**Question("ab", "run", "enroll").to_records(), "1": ConfigRecord({"bytes": b"", "minimum": 1})}),
        RecordDict({"0": ConfigRecord({"bytes": b"no archive"})}),
        RecordDict({"0": MetricRecord({"bytes": 1})}),
        RecordDict(),
        records_of({**HEAD, "policy": {"minimum_patients": 1}}),
        records_of({name: HEAD[name] for name in HEAD if name != "after"}),
        records_of([1]),
    ],
)
def test_whatever_a_message_brings_beside_a_question_has_it_refused(records: RecordDict) -> None:
    assert Question.from_records(records_of(HEAD)).step == "enroll"
    with pytest.raises(MrfedError) as caught:
        Question.from_records(records)
    assert caught.value.code is Code.REFUSED


@pytest.mark.parametrize(
    "change",
    [
        {"study": "a" * 65},
        {"run": "r" * 65},
        {"run": "r\n"},
        {"step": "s" * 65},
        {"step": "../x"},
        {"step": 1},
        {"after": "s" * 1_000_000},
        {"roster": ["a"] * 1001},
        {"roster": ["\u0430lpha"]},
        {"roster": ["a" * 33]},
        {"roster": [1]},
        {"roster": {"alpha": 1}},
        {"texts": []},
        {"texts": {"word": "\x1b[2J"}},
    ],
)
def test_a_question_whose_names_would_flood_or_forge_a_log_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MrfedError) as caught:
        Question.from_records(records_of(HEAD | change))
    assert caught.value.code is Code.REFUSED
