"""The journal of the review: what it refuses, what a power cut leaves, who wrote first."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from client.review.journal import Decision, Journal, Reading, Verdict, Why
from shared.errors import Code, MrfedError

WHO = {"reader": "Dr Lee", "account": "lee", "patient": "P1", "images": "0" * 64}
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def accepted(**changes):
    return Decision(**{**WHO, "verdict": Verdict.ACCEPTED, **changes})


def rejected(*why, **changes):
    return Decision(**{**WHO, "verdict": Verdict.REJECTED, "why": why or (Why.MOTION,), **changes})


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path, clock=lambda: NOW)


def test_entries_come_back_as_they_were_said_with_the_time(journal):
    assert journal.entries() == ()
    said = (rejected(note="blurred, phase 3"), Reading(**WHO, answers={"bpe": "mild"}), accepted(patient="P2"))
    for one in said:
        journal.add(one)
    assert journal.entries() == tuple(one.model_copy(update={"time": "2026-05-04T12:30:00+00:00"}) for one in said)
    assert journal.path.stat().st_mode & 0o077 == 0, "it names patients"


@pytest.mark.parametrize(
    ("verdict", "why", "note"),
    [(Verdict.REJECTED, (), ""), (Verdict.ACCEPTED, (Why.MASK,), ""), (Verdict.REJECTED, (Why.OTHER,), "  ")],
)
def test_a_rejection_has_a_reason_and_only_a_rejection(verdict, why, note):
    with pytest.raises(ValidationError):
        Decision(**WHO, verdict=verdict, why=why, note=note)


def test_nobody_decides_over_what_he_has_not_seen(journal):
    assert journal.add(accepted(), seen=0) == 1
    with pytest.raises(MrfedError, match=r"patient P1: Dr Lee wrote something in the meantime") as error:
        journal.add(rejected(reader="Dr Wu"), seen=0)
    assert error.value.code is Code.REFUSED
    assert journal.add(accepted(patient="P2"), seen=0) == 1, "another patient is another matter"
    assert journal.add(rejected(reader="Dr Wu"), seen=1) == 2
    assert len(journal.entries()) == 3


def test_an_entry_that_was_cut_off_is_as_if_it_had_not_been_written(journal):
    journal.add(accepted())
    with journal.path.open("ab") as file:
        file.write(b'{"kind":"decision","pat')
    assert len(journal.entries()) == 1
    journal.add(accepted(patient="P2"))
    assert [entry.patient for entry in journal.entries()] == ["P1", "P2"]


def test_a_damaged_line_is_named(journal):
    journal.add(accepted())
    journal.path.write_bytes(journal.path.read_bytes() + b"{}\n")
    with pytest.raises(MrfedError, match=r"journal\.jsonl:2: is no entry of the review; restore") as error:
        journal.entries()
    assert error.value.code is Code.DATA_UNREADABLE
