"""Approvals: what they sign, what makes them void, revocation, withdrawal, deletion of keys."""

import datetime
import hashlib
import json
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.approval import approval, code_hash
from client.exchange import masking_key
from client.review.journal import Decision, Journal, Reading, Verdict, Why
from client.site import audit_log, withdrawal
from client.site.audit_log import AuditLog, Event
from shared.contract import registry
from shared.errors import Code, MrfedError
from shared.federation import identity, roster
from shared.privacy.policy import Policy
from tests.least_study import least_study

SITES = ("north", "south", "west")
NOW = datetime.datetime(2026, 5, 4, 12, 30, tzinfo=datetime.UTC)


def key_of(name):
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


NORTH = identity.public_hex(key_of("north"))


study = partial(
    least_study,
    SITES,
    governance={"ethics": "none", "data_use": "none", "expires": datetime.date(2026, 12, 31)},
    evaluation={"leave_one_site_out": False},
)


def roster_of(one):
    return roster.issue(one, {site: identity.public_hex(key_of(site)) for site in SITES}, key_of("coordinator"))


@pytest.fixture
def log(tmp_path):
    return AuditLog(tmp_path / "audit.jsonl", "north", key_of("north"), clock=lambda: NOW)


def approve(workspace, log, one=None, accepted=()):
    one = one or study()
    return approval.approve(workspace, one, roster_of(one), Policy(), accepted, log)


def find(workspace, one=None, today=NOW):
    return approval.find(workspace, (one or study()).digest, NORTH, today)


def test_what_was_approved_is_found_signed_and_logged(tmp_path, log):
    given = approve(tmp_path, log, accepted=("b", "a"))
    assert find(tmp_path) == given
    assert given.approval.accepted == ("a", "b")
    assert given.approval.contract == registry.VERSION
    assert given.approval.code == code_hash.code_hash()
    (entry,) = audit_log.verify(tmp_path / "audit.jsonl", NORTH)
    assert (entry.event, entry.content["study"]) == (Event.APPROVAL, study().digest)


@pytest.mark.parametrize("digest", [study(version=2).digest, "0" * 64, "../../etc", ""])
def test_what_was_not_approved_is_refused(tmp_path, log, digest):
    approve(tmp_path, log)
    with pytest.raises(MrfedError, match="not approved") as error:
        approval.find(tmp_path, digest, NORTH, NOW)
    assert error.value.code is Code.STUDY_NOT_APPROVED


def change(path, **content):
    path.write_text(json.dumps(json.loads(path.read_text()) | content))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("study.json", {"title": "another"}),
        ("study.json", {"training": {"max_iterations": 99, "tolerance": 1e-10}}),
        ("roster.json", {"coordinator": identity.public_hex(key_of("another"))}),
        ("approval.json", {"study": study(version=2).digest}),
        ("approval.json", {"accepted": ["anything"]}),
        ("approval.json", {"signature": "00" * 64}),
        ("approval.json", {"code": None}),
    ],
)
def test_an_approval_of_which_anything_changed_is_void(tmp_path, log, file, content):
    given = approve(tmp_path, log)
    change(given.folder / file, **content)
    with pytest.raises(MrfedError) as error:
        find(tmp_path)
    assert error.value.code is Code.STUDY_NOT_APPROVED


def test_another_program_contract_or_day_makes_an_approval_void(tmp_path, log, monkeypatch):
    approve(tmp_path, log)
    find(tmp_path, today=NOW.replace(month=12, day=31))
    with pytest.raises(MrfedError, match="agreement ended"):
        find(tmp_path, today=NOW.replace(year=2027))
    with monkeypatch.context() as patch:
        patch.setattr(registry, "VERSION", registry.VERSION + 1)
        with pytest.raises(MrfedError, match="installed program"):
            find(tmp_path)
    monkeypatch.setattr(approval, "code_hash", lambda: "0" * 64)
    with pytest.raises(MrfedError, match="installed program"):
        find(tmp_path)


def test_a_roster_of_another_study_or_with_another_key_for_this_site_is_not_approved(tmp_path, log):
    with pytest.raises(MrfedError, match="another study"):
        approval.approve(tmp_path, study(), roster_of(study(version=2)), Policy(), (), log)
    keys = {site: identity.public_hex(key_of("stranger " + site)) for site in SITES}
    with pytest.raises(MrfedError, match="another identity"):
        approval.approve(tmp_path, study(), roster.issue(study(), keys, key_of("coordinator")), Policy(), (), log)
    assert audit_log.read(tmp_path / "audit.jsonl") == ()


def test_revocation_holds_until_the_study_is_approved_anew(tmp_path, log):
    first = approve(tmp_path, log)
    approval.revoke(tmp_path, study().digest, log)
    with pytest.raises(MrfedError, match="revoked"):
        find(tmp_path)
    second = approve(tmp_path, log)
    assert (first.approval.serial, second.approval.serial) == (1, 2)
    assert find(tmp_path).folder != first.folder
    with pytest.raises(MrfedError, match="nothing to revoke"):
        approval.revoke(tmp_path, "0" * 64, log)


def test_an_approval_that_was_cut_short_is_none(tmp_path, log):
    given = approve(tmp_path, log)
    (given.folder / "approval.json").unlink()
    with pytest.raises(MrfedError, match="not approved"):
        find(tmp_path)
    assert approve(tmp_path, log).approval.serial == 1


def test_the_last_version_of_a_study_is_known_by_its_name(tmp_path, log):
    assert approval.last_version(tmp_path, "her2-low") is None
    approve(tmp_path, log)
    later = AuditLog(log.path, log.site, log.key, clock=lambda: NOW.replace(month=6))
    approve(tmp_path, later, study(version=2))
    approve(tmp_path, later, study(name="another"))
    assert approval.last_version(tmp_path, "her2-low").study.version == 2


def test_a_patient_who_withdraws_is_left_out_from_the_next_approval_on(tmp_path, log):
    approve(tmp_path, log)
    withdrawal.withdraw(tmp_path, "patient 0042", log)
    assert find(tmp_path).withdrawn == frozenset()
    approve(tmp_path, log, study(version=2))
    assert find(tmp_path, study(version=2)).withdrawn == {"patient 0042"}
    with pytest.raises(MrfedError, match="withdrawn before"):
        withdrawal.withdraw(tmp_path, "patient 0042", log)
    said = [one for one in audit_log.read(log.path) if one.event is Event.WITHDRAWAL]
    assert said[0].content == {"patient": withdrawal.pseudonym("patient 0042", key_of("north")), "withdrawn": 1}
    assert b"patient 0042" not in log.path.read_bytes()  # the number alone may stand in a hash
    assert (tmp_path / "withdrawn.json").stat().st_mode & 0o077 == 0


def test_an_approval_keeps_what_had_been_said_at_review(tmp_path, log):
    who = {"reader": "Dr Lee", "account": "lee", "images": "0" * 64}
    journal = Journal(tmp_path)
    journal.add(Decision(**who, patient="patient 0042", verdict=Verdict.REJECTED, why=(Why.MASK,)))
    journal.add(Reading(**who, patient="patient 0007", answers={"bpe": "mild"}))
    approve(tmp_path, log)
    journal.add(Decision(**who, patient="patient 0042", verdict=Verdict.ACCEPTED))
    journal.add(Decision(**who, patient="patient 0007", verdict=Verdict.REJECTED, why=(Why.MOTION,)))
    journal.add(Reading(**who, patient="patient 0007", answers={"bpe": "marked"}))
    kept = find(tmp_path).reviewed
    assert (kept.rejected, kept.variables) == ({"patient 0042"}, {"patient 0007": {"reader.bpe": "mild"}})
    approve(tmp_path, log)
    kept = find(tmp_path).reviewed
    assert (kept.rejected, kept.variables) == ({"patient 0007"}, {"patient 0007": {"reader.bpe": "marked"}})
    said = [one.content["rejected"] for one in audit_log.verify(log.path, NORTH)]
    assert said == [1, 1]
    assert b"patient 00" not in log.path.read_bytes()


@pytest.mark.parametrize("name", ["reviewed.json", "withdrawn.json"])
def test_another_list_of_patients_than_was_approved_is_refused(tmp_path, log, name):
    folder = approve(tmp_path, log).folder
    (folder / name).write_text('{"rejected": ["p1"], "variables": {}}' if name == "reviewed.json" else '["p1"]')
    with pytest.raises(MrfedError, match="list of patients was changed after approval; approve the study anew"):
        find(tmp_path)


def test_a_masking_key_lasts_as_long_as_its_study(tmp_path, log):
    folder = approve(tmp_path, log).folder
    key = masking_key.masking_key(folder)
    assert masking_key.masking_key(folder).private_bytes_raw() == key.private_bytes_raw()
    assert (folder / "masking.key").stat().st_mode & 0o777 == 0o600
    masking_key.delete(folder, study().digest, log)
    assert not (folder / "masking.key").exists()
    with pytest.raises(MrfedError, match="the study is over"):
        masking_key.masking_key(folder)
    assert audit_log.read(log.path)[-1].event is Event.KEYS_DELETED


def test_the_hash_of_the_program_depends_on_every_file_and_its_name(tmp_path):
    for name in ("client/a.py", "shared/b.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    hashes = [code_hash.hash_of(tmp_path)]
    (tmp_path / "client/a.py").write_text("y")
    hashes.append(code_hash.hash_of(tmp_path))
    (tmp_path / "client/a.py").rename(tmp_path / "client/c.py")
    hashes.append(code_hash.hash_of(tmp_path))
    assert len(set(hashes)) == 3
    (tmp_path / "client/__pycache__").mkdir()
    (tmp_path / "client/__pycache__/c.pyc").write_text("z")
    (tmp_path / "server").mkdir()
    (tmp_path / "server/d.py").write_text("z")
    assert code_hash.hash_of(tmp_path) == hashes[-1]
