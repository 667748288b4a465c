"""The authority's key: encrypted wherever it lies, and opened by its passphrase alone."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from server.network import certificates, passphrase, services
from server.network.settings import Coordinator, Settings
from shared.errors import Code, MrfedError

WORDS = b"correct horse battery"


@pytest.fixture
def coordinator(tmp_path: Path) -> Coordinator:
    made = Coordinator(tmp_path, Settings(federation="tryout", host="localhost"))
    certificates.create_authority(made.keys, "mrfed tryout", WORDS)
    certificates.create_server_key(made.keys)
    return made


@pytest.mark.attack
def test_a_copy_of_the_coordinators_folder_makes_no_certificate(coordinator: Coordinator, gained) -> None:  # type: ignore[no-untyped-def]
    held = {path.name: path.read_bytes() for path in coordinator.keys.iterdir()}
    opened = [name for name, content in held.items() if name.startswith("ca.") and b"PRIVATE KEY" in content]
    assert opened == []
    with pytest.raises(MrfedError, match="does not open the authority's key") as caught:
        certificates.issue_server(coordinator.keys, ["evil.example.org"], b"a guess of twelve")
    assert caught.value.code is Code.REFUSED
    assert not (coordinator.keys / "server.crt").exists()
    certificates.issue_server(coordinator.keys, ["fl.example.org"], WORDS)
    assert certificates.days_left(coordinator.keys / "server.crt") > 390
    gained(
        "Copy the coordinator's folder, and make oneself a certificate that hospitals trust",
        "its authority's key lay open beside",
        "the key is encrypted, or on another medium",
    )


def test_a_key_that_an_older_version_left_open_stops_the_coordinator_until_it_is_encrypted(
    coordinator: Coordinator,
) -> None:
    key = certificates._authority_key(coordinator.keys / "ca.p12", WORDS)
    (coordinator.keys / "ca.p12").unlink()
    (coordinator.keys / "ca.key").write_bytes(certificates.private_bytes(key))
    (coordinator.keys / "ca.key").chmod(0o600)
    with pytest.raises(MrfedError, match="not encrypted; run mrfed-coordinator renew"):
        services.prepare(coordinator)
    certificates.encrypt(coordinator.keys, WORDS)
    assert sorted(path.name for path in coordinator.keys.glob("ca.*")) == ["ca.crt", "ca.p12"]
    certificates.issue_server(coordinator.keys, ["fl.example.org"], WORDS)


def test_the_servers_own_key_is_read_without_a_passphrase(coordinator: Coordinator) -> None:
    load_pem_private_key((coordinator.keys / "server.key").read_bytes(), None)


def test_a_passphrase_that_is_short_or_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("short\n")
    file.chmod(0o600)
    with pytest.raises(MrfedError, match="has 5 characters; take at least 12"):
        passphrase.ask(file, new=True)
    assert passphrase.ask(file, new=False) == b"short"
    file.chmod(0o644)
    with pytest.raises(MrfedError, match="chmod 600"):
        passphrase.ask(file, new=True)
