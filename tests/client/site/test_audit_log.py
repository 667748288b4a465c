"""The audit log: its chain, its signatures, its receipts, and what a kill leaves behind."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from client.site import audit_log
from client.site.audit_log import AuditLog, Event
from shared.errors import MrfedError
from shared.federation import identity
from shared.federation.receipt import countersign

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC = identity.public_hex(KEY)
COORDINATOR = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
COORDINATORS = [identity.public_hex(COORDINATOR)]


def log_at(path, key=KEY):
    return AuditLog(path, "north", key, clock=lambda: datetime(2026, 5, 4, 12, 30, tzinfo=UTC))


def filled(path, count=4):
    log = log_at(path)
    heads = [
        log.append(Event.ANSWER, {"step": f"train-{n}", "arrays": {"hessian": [2, 6, 45]}, "bytes": 8640})
        for n in range(count)
    ]
    return log, heads


def test_entries_are_chained_signed_and_read_back(tmp_path):
    _, heads = filled(tmp_path / "audit.jsonl")
    entries = audit_log.verify(tmp_path / "audit.jsonl", PUBLIC)
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [entry.hash for entry in entries] == [head.hash for head in heads]
    assert entries[0].previous == "0" * 64
    assert entries[2].content == {"step": "train-2", "arrays": {"hessian": [2, 6, 45]}, "bytes": 8640}
    assert entries[0].time == "2026-05-04T12:30:00+00:00"


def test_the_log_is_its_owners_alone(tmp_path):
    before = os.umask(0)
    try:
        filled(tmp_path / "audit.jsonl")
    finally:
        os.umask(before)
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_no_log_yet_is_an_empty_one(tmp_path):
    assert audit_log.verify(tmp_path / "audit.jsonl", PUBLIC) == ()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_change_of_any_byte_shows(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    filled(path, 3)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 2))
    content[place] ^= data.draw(st.sampled_from([1, 2, 0x20, 0x80]))  # 0x20 turns a to A in a hexadecimal number
    path.write_bytes(content)
    with pytest.raises(MrfedError, match=r"audit\.jsonl"):
        audit_log.verify(path, PUBLIC)


@pytest.mark.parametrize("kept", [[0, 2, 3], [1, 2, 3], [0, 2, 1, 3], [0, 1, 1, 2]])
def test_dropped_moved_and_doubled_entries_show(tmp_path, kept):
    path = tmp_path / "audit.jsonl"
    filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[n] for n in kept))
    with pytest.raises(MrfedError, match="does not follow"):
        audit_log.verify(path, PUBLIC)


def test_an_entry_of_another_key_shows(tmp_path):
    path = tmp_path / "audit.jsonl"
    filled(path)
    log_at(path, Ed25519PrivateKey.generate()).append(Event.ANSWER, {})
    with pytest.raises(MrfedError, match=r"audit\.jsonl:5"):
        audit_log.verify(path, PUBLIC)


def test_a_log_that_was_cut_off_or_written_anew_falls_short_of_its_receipts(tmp_path):
    path = tmp_path / "audit.jsonl"
    _, heads = filled(path)
    receipt = countersign(COORDINATOR, heads[2], None)
    assert len(audit_log.verify(path, PUBLIC, COORDINATORS, [receipt])) == 4
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    assert len(audit_log.verify(path, PUBLIC)) == 2  # the chain alone cannot know
    with pytest.raises(MrfedError, match="cut off"):
        audit_log.verify(path, PUBLIC, COORDINATORS, [receipt])
    log_at(path).append(Event.ANSWER, {"step": "harmless"})
    with pytest.raises(MrfedError, match="written anew"):
        audit_log.verify(path, PUBLIC, COORDINATORS, [receipt])


def test_receipts_in_the_log_itself_are_held_against_it(tmp_path):
    path = tmp_path / "audit.jsonl"
    log, heads = filled(path)
    log.append(Event.RECEIPT, countersign(COORDINATOR, heads[3], None).model_dump())
    assert len(audit_log.verify(path, PUBLIC, COORDINATORS)) == 5
    with pytest.raises(MrfedError, match="no coordinator"):
        audit_log.verify(path, PUBLIC)
    wrong = countersign(COORDINATOR, heads[3].model_copy(update={"hash": "0" * 64}), None)
    log.append(Event.RECEIPT, wrong.model_dump())
    with pytest.raises(MrfedError, match="written anew"):
        audit_log.verify(path, PUBLIC, COORDINATORS)


@pytest.mark.slow
def test_killed_at_any_byte_the_log_goes_on_and_says_so(tmp_path):
    path = tmp_path / "audit.jsonl"
    filled(path, 3)
    whole = path.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for length in range(start, len(whole)):
        path.write_bytes(whole[:length])
        head = log_at(path).append(Event.ANSWER, {"step": "after"})
        entries = audit_log.verify(path, PUBLIC)
        dropped = length - start
        assert [entry.event for entry in entries[2:]] == [Event.RECOVERY, Event.ANSWER][not dropped :]
        assert entries[1].content["step"] == "train-1"
        assert entries[-1].hash == head.hash
        if dropped:
            assert entries[2].content == {"bytes": dropped}


def test_a_killed_first_entry_leaves_a_log_that_starts_anew(tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"number":1,"ti')
    filled(path, 1)
    assert [entry.event for entry in audit_log.verify(path, PUBLIC)] == [Event.RECOVERY, Event.ANSWER]


def test_nothing_is_added_to_a_log_whose_end_was_changed(tmp_path):
    path = tmp_path / "audit.jsonl"
    log, _ = filled(path)
    good = path.read_bytes()
    for bad in (good + b"{}\n", good.replace(b"train-3", b"train-9")):
        path.write_bytes(bad)
        with pytest.raises(MrfedError, match="evidence"):
            log.append(Event.ANSWER, {})
        assert path.read_bytes() == bad


def test_entries_longer_than_the_piece_that_is_read_back(tmp_path):
    path = tmp_path / "audit.jsonl"
    log = log_at(path)
    for size in (200_000, 10, 70_000, 10):
        log.append(Event.ANSWER, {"names": "x" * size})
    assert len(audit_log.verify(path, PUBLIC)) == 4


def test_an_export_names_the_key_and_holds_every_entry(tmp_path):
    filled(tmp_path / "audit.jsonl")
    audit_log.export(tmp_path / "audit.jsonl", PUBLIC, tmp_path / "audit.json")
    exported = json.loads((tmp_path / "audit.json").read_text())
    assert exported["public_key"] == PUBLIC
    assert exported["fingerprint"] == identity.fingerprint(PUBLIC)
    assert [one["number"] for one in exported["entries"]] == [1, 2, 3, 4]


PROGRAM = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from client.site.audit_log import AuditLog, Event
log = AuditLog(Path(sys.argv[1]), "north", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
for number in range(20):
    log.append(Event.QUESTION, {"from": sys.argv[2], "number": number})
"""


@pytest.mark.processes
def test_two_processes_write_one_chain(tmp_path):
    path = tmp_path / "audit.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(path), name], env={**os.environ, "PYTHONPATH": "."})
        for name in ("a", "b")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    entries = audit_log.verify(path, PUBLIC)
    for name in ("a", "b"):
        assert [entry.content["number"] for entry in entries if entry.content["from"] == name] == list(range(20))


@pytest.mark.attack
def test_a_flood_of_refusals_is_counted_and_not_written(tmp_path, gained):
    log = log_at(tmp_path / "audit.jsonl")
    heads = [
        log.refuse({"step": "enroll", "code": "study-not-approved"}) for _ in range(audit_log.REFUSALS_AN_HOUR + 40)
    ]
    entries = audit_log.verify(log.path, PUBLIC)
    assert len(entries) == audit_log.REFUSALS_AN_HOUR
    assert heads[-1].entries == audit_log.REFUSALS_AN_HOUR
    assert heads[-1].hash == entries[-1].hash
    log.append(Event.APPROVAL, {"study": "a"})  # nothing else is held back
    later = AuditLog(log.path, "north", KEY, clock=lambda: datetime(2026, 5, 4, 13, 31, tzinfo=UTC))
    later.refuse({"step": "enroll", "code": "study-not-approved"})
    later.refuse({"step": "enroll", "code": "study-not-approved"})
    assert [entry.content.get("folded") for entry in audit_log.verify(log.path, PUBLIC)[-2:]] == [40, None]
    gained(
        "Flood a hospital with questions that nobody approved",
        "every refusal is an entry: five large questions took 80 MiB of the audit log",
        f"{audit_log.REFUSALS_AN_HOUR} short entries an hour; the rest are counted in the next",
    )
