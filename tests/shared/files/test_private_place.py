"""Keys and logs where other accounts could exchange them."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.site.audit_log import AuditLog, Event
from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.files import private_place, secret_file

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    made = AuditLog(tmp_path / "workspace" / "audit.jsonl", "north", KEY)
    made.append(Event.QUESTION, {"step": "enroll"})
    return made


@pytest.mark.attack
def test_a_log_or_key_that_is_a_link_is_refused(log: AuditLog, tmp_path: Path, gained) -> None:  # type: ignore[no-untyped-def]
    elsewhere = tmp_path / "elsewhere"
    log.path.rename(elsewhere)
    for link in (os.symlink, os.link):
        link(elsewhere, log.path)
        with pytest.raises(MrfedError, match="is a link or no plain file") as caught:
            log.append(Event.QUESTION, {"step": "enroll"})
        assert caught.value.code is Code.REFUSED
        log.path.unlink()
    assert len(elsewhere.read_bytes().splitlines()) == 1
    key = tmp_path / "keys" / "identity.key"
    identity.create(tmp_path / "another" / "identity.key")
    key.parent.mkdir()
    key.symlink_to(tmp_path / "another" / "identity.key")
    with pytest.raises(MrfedError, match="is a link"):
        identity.load(key)
    gained(
        "Put a link in the place of the audit log or a key",
        "the site writes and signs where another account wants it",
        "refused: both are plain files of one name",
    )


def test_a_folder_that_everybody_may_write_is_refused(log: AuditLog) -> None:
    log.path.parent.chmod(0o777)
    with pytest.raises(MrfedError, match=r"every account may write in .*workspace"):
        log.append(Event.QUESTION, {"step": "enroll"})
    log.path.parent.chmod(0o1777)  # the sticky bit keeps accounts from each other's files, and not from new ones
    with pytest.raises(MrfedError, match="every account may write in"):
        log.append(Event.QUESTION, {"step": "enroll"})
    log.path.parent.chmod(0o750)
    log.append(Event.QUESTION, {"step": "enroll"})


def test_a_folder_further_up_that_everybody_may_write_is_refused_unless_it_is_sticky(tmp_path: Path) -> None:
    key = tmp_path / "open" / "keys" / "identity.key"
    secret_file.write(key, b"secret")
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(MrfedError, match="exchange it; run: chmod o-w"):
        secret_file.check(key)
    (tmp_path / "open").chmod(0o1777)
    secret_file.check(key)


def test_what_is_not_there_yet_is_asked_for_its_folder_alone(tmp_path: Path) -> None:
    private_place.require(tmp_path / "new" / "audit.jsonl")
