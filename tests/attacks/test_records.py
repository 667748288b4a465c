"""Attacks on what a site has written down: the audit log, the approved study, the roster."""

import datetime
import hashlib
import json
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.approval import approval
from client.site import audit_log
from client.site.audit_log import AuditLog, Event
from shared.errors import Code, MrfedError
from shared.federation import identity, roster
from shared.federation.receipt import countersign
from shared.privacy.policy import Policy
from shared.study.study import Study
from tests.least_study import least_study

pytestmark = pytest.mark.attack

SITES = ("north", "south", "west")
NOW = datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC)


def key_of(name):
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


KEY, PUBLIC = key_of("north"), identity.public_hex(key_of("north"))
COORDINATOR, COORDINATORS = key_of("coordinator"), [identity.public_hex(key_of("coordinator"))]


@pytest.fixture
def log(tmp_path):
    return AuditLog(tmp_path / "audit.jsonl", "north", KEY, clock=lambda: NOW)


def written(log):
    """Four answers, one of them large, and the coordinator's receipt for the last."""
    for number, size in enumerate([160, 160, 9_000_000, 160]):
        head = log.append(Event.ANSWER, {"step": f"train-{number}", "bytes": size})
    return countersign(COORDINATOR, head, None)


def plain(path):
    """What a log without chain and signatures would be checked for: that it can be read."""
    return [json.loads(line)["content"] for line in path.read_text().splitlines()]


def test_tampered_log(log, gained):
    written(log)
    log.path.write_text(log.path.read_text().replace("9000000", "160"))
    assert max(one["bytes"] for one in plain(log.path)) == 160
    with pytest.raises(MrfedError, match=":3: its content was changed"):
        audit_log.verify(log.path, PUBLIC)
    gained("Change an entry of the audit log", "9 MB that left are 160 bytes", "line 3 named; refused")


def test_truncated_log(log, gained):
    receipt = written(log)
    lines = log.path.read_text().splitlines(keepends=True)
    log.path.write_text("".join(lines[:2]))
    assert len(audit_log.verify(log.path, PUBLIC)) == 2
    with pytest.raises(MrfedError, match="cut off"):
        audit_log.verify(log.path, PUBLIC, COORDINATORS, [receipt])
    gained(
        "Cut off the end of the audit log",
        "the chain is whole, the answer gone",
        "the coordinator's receipt knows four entries",
    )


def test_recomputed_log(log, gained):
    """The site's administrator has the key and writes the whole log anew, chain and signatures and all."""
    receipt = written(log)
    log.path.unlink()
    for number in range(4):
        log.append(Event.ANSWER, {"step": f"train-{number}", "bytes": 160})
    assert len(audit_log.verify(log.path, PUBLIC)) == 4
    with pytest.raises(MrfedError, match="written anew"):
        audit_log.verify(log.path, PUBLIC, COORDINATORS, [receipt])
    with pytest.raises(MrfedError, match="its audit log is"):
        countersign(COORDINATOR, log.append(Event.ANSWER, {}).model_copy(update={"entries": 4}), receipt)
    gained(
        "Write the audit log anew with the site's key",
        "every hash and signature is right",
        "not the head that the coordinator countersigned",
    )


study = partial(least_study, SITES, evaluation={"leave_one_site_out": False})


def issued(one, key=COORDINATOR, **other):
    identities = {site: identity.public_hex(key_of(other.get(site, site))) for site in SITES}
    return roster.issue(one, identities, key)


def test_study_changed_after_approval(tmp_path, log, gained):
    approved = approval.approve(tmp_path, study(), issued(study()), Policy(), (), log)
    path = approved.folder / "study.json"
    path.write_text(path.read_text().replace('"minimum_patients":10', '"minimum_patients":1'))
    assert Study.model_validate_json(path.read_text()).privacy.minimum_patients == 1
    for digest in (study().digest, study(privacy={"minimum_patients": 1}).digest):
        with pytest.raises(MrfedError) as error:
            approval.find(tmp_path, digest, PUBLIC, NOW)
        assert error.value.code is Code.STUDY_NOT_APPROVED
    gained("Change a study after approval", "numbers of single patients are shown", "digest differs; not approved")


def test_roster_changed_after_approval(tmp_path, log, gained):
    """A stranger in west's place, signed properly by the coordinator itself."""
    approved = approval.approve(tmp_path, study(), issued(study()), Policy(), (), log)
    swapped = issued(study(), west="stranger")
    swapped.check(study())
    (approved.folder / "roster.json").write_text(swapped.model_dump_json())
    with pytest.raises(MrfedError) as error:
        approval.find(tmp_path, study().digest, PUBLIC, NOW)
    assert error.value.code is Code.STUDY_NOT_APPROVED
    gained(
        "Change the roster after approval",
        "a stranger's key, signed by the coordinator",
        "digest differs; not approved",
    )
