"""What stands: the last decision of a study or of all, the answers on which readers agree."""

import pandas as pd
import pytest

from client.review.decisions import Reviewed, agreed, disputed, latest, reviewed
from client.review.journal import Decision, Journal, Reading, Verdict, Why


@pytest.fixture
def say(tmp_path):
    journal = Journal(tmp_path)

    def decide(patient, verdict, study=None):
        why = (Why.MASK,) if verdict is Verdict.REJECTED else ()
        who = {"reader": "a", "account": "a", "patient": patient, "images": "k"}
        journal.add(Decision(**who, verdict=verdict, why=why, study=study))

    return decide


def reading(reader, consensus=False, **answers):
    return Reading(reader=reader, account="a", patient="P1", images="k", answers=answers, consensus=consensus)


def test_the_last_decision_about_a_study_or_about_all_holds(say, tmp_path):
    say("P1", Verdict.REJECTED)
    say("P2", Verdict.REJECTED, "one")
    say("P3", Verdict.REJECTED)
    say("P3", Verdict.ACCEPTED, "one")
    say("P4", Verdict.REJECTED, "one")
    say("P4", Verdict.ACCEPTED)
    assert reviewed(tmp_path, "one").rejected == {"P1", "P2"}
    assert reviewed(tmp_path, "two").rejected == {"P1", "P3"}


def test_readers_agree_by_more_than_half_or_by_consensus():
    said = [
        reading("a", bpe="mild", oedema="none", birads="4"),
        reading("b", bpe="mild", oedema="peritumoral", birads="4"),
        reading("c", bpe="marked", birads="5"),
    ]
    computed = latest(said, "P1")
    assert agreed(computed) == {"reader.bpe": "mild", "reader.birads": "4"}
    assert disputed(computed) == ("bpe", "oedema", "birads")
    computed = latest([*said, reading("a", consensus=True, oedema="peritumoral", bpe="marked")], "P1")
    assert agreed(computed) == {"reader.bpe": "marked", "reader.oedema": "peritumoral", "reader.birads": "4"}
    assert disputed(computed) == ("birads",)


def test_a_reader_who_reads_again_has_one_voice():
    said = [reading("a", bpe="mild"), reading("b", bpe="marked"), reading("a", bpe="marked")]
    assert agreed(latest(said, "P1")) == {"reader.bpe": "marked"}


def test_variables_become_columns_and_the_tables_own_stay():
    clinical = pd.DataFrame({"reader.bpe": ["moderate", "mild"]}, index=["P1", "P2"])
    stand = Reviewed(variables={"P1": {"reader.bpe": "mild", "reader.birads": "4"}})
    joined = stand.join(clinical)
    assert joined["reader.bpe"].tolist() == ["moderate", "mild"]
    assert joined["reader.birads"].tolist()[0] == "4"
    assert joined["reader.birads"].isna().tolist() == [False, True]
    assert list(clinical) == ["reader.bpe"], "the table that was given is as it was"


def test_what_is_kept_comes_back_and_tells_nobody_by_its_bytes(tmp_path):
    stand = Reviewed(frozenset({"P2", "P1"}), {"P1": {"reader.bpe": "mild"}})
    first, second = stand.keep(tmp_path / "a"), stand.keep(tmp_path / "b")
    assert Reviewed.kept(tmp_path / "a") == Reviewed.kept(tmp_path / "b") == stand
    assert first != second, "salted"
    assert Reviewed.kept(tmp_path / "nothing") == Reviewed()
