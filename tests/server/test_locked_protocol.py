"""A protocol that is locked stays as it is, and what differs from it is said."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server import locked_protocol
from shared.errors import Code, MrfedError
from shared.study.study import Study

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_lock_is_read_as_it_was_made_and_not_made_again(study: Study, tmp_path: Path) -> None:
    made = locked_protocol.lock(study, Ed25519PrivateKey.generate(), NOW)
    locked_protocol.save(made, tmp_path / "p.json")
    assert locked_protocol.load(tmp_path / "p.json") == made
    with pytest.raises(MrfedError, match="locked already") as caught:
        locked_protocol.save(made, tmp_path / "p.json")
    assert caught.value.code is Code.REFUSED


@pytest.mark.parametrize(
    ("found", "instead"),
    [('"c":1.0', '"c":2.0'), ("2026-11-24", "2026-11-20"), ('"max_iterations":30', '"max_iterations":13')],
)
def test_a_changed_lock_is_found(found: str, instead: str, study: Study, tmp_path: Path) -> None:
    locked_protocol.save(locked_protocol.lock(study, Ed25519PrivateKey.generate(), NOW), tmp_path / "p.json")
    content = (tmp_path / "p.json").read_text()
    assert found in content
    (tmp_path / "p.json").write_text(content.replace(found, instead))
    with pytest.raises(MrfedError):
        locked_protocol.load(tmp_path / "p.json")


def test_every_setting_that_differs_is_said(study: Study) -> None:
    locked = locked_protocol.lock(study, Ed25519PrivateKey.generate(), NOW)
    later = study.model_copy(
        update={"version": 2, "training": study.training.model_copy(update={"max_iterations": 20})}
    )
    assert locked_protocol.departures(locked, study) == ()
    assert locked_protocol.departures(locked, later) == (
        "otherwise than the locked protocol: training.max_iterations: 30 → 20",
        "otherwise than the locked protocol: version: 1 → 2",
    )
