"""Invitations and introductions: what was changed on the way is refused."""

from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.network import certificates
from shared.errors import Code, MrfedError
from shared.federation import identity, introduction, node_certificate, node_key
from shared.federation.introduction import Introduction, Invitation


@pytest.fixture
def invitation(tmp_path: Path) -> Path:
    key = Ed25519PrivateKey.generate()
    certificates.create_authority(tmp_path / "keys", "mrfed test", b"words of a test")
    signed = Invitation(
        site="hospital-1",
        identity=identity.public_hex(key),
        federation="test",
        address="fl.example.org:8443",
        ca_certificate=(tmp_path / "keys" / "ca.crt").read_text(),
    ).signed(key)
    introduction.save(signed, tmp_path / "invitation.yaml")
    return tmp_path / "invitation.yaml"


@pytest.fixture
def introduced(tmp_path: Path) -> Path:
    key, node = Ed25519PrivateKey.generate(), node_key.generate()
    signed = Introduction(
        site="hospital-1",
        identity=identity.public_hex(key),
        node_key=node_key.public(node).decode(),
        node_certificate=node_certificate.make(node).decode(),
    ).signed(key)
    introduction.save(signed, tmp_path / "introduction.yaml")
    return tmp_path / "introduction.yaml"


def change(path: Path, **changes: str) -> None:
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def test_an_invitation_comes_back_as_it_was_sent(invitation: Path) -> None:
    read = introduction.load(invitation, Invitation)
    assert read.site == "hospital-1"
    assert read.endpoint == ("fl.example.org", 8443)
    read.compare(read.fingerprint.replace(" ", ""), "invitation")
    assert "PRIVATE" not in invitation.read_text()


def test_a_certificate_exchanged_on_the_way_is_refused(invitation: Path, tmp_path: Path) -> None:
    certificates.create_authority(tmp_path / "attacker", "mrfed test", b"words of a test")
    change(invitation, ca_certificate=(tmp_path / "attacker" / "ca.crt").read_text())
    with pytest.raises(MrfedError, match="signature") as refused:
        introduction.load(invitation, Invitation)
    assert refused.value.code is Code.REFUSED


def test_an_invitation_signed_anew_by_somebody_else_shows_in_the_fingerprint(invitation: Path) -> None:
    honest = introduction.load(invitation, Invitation)
    attacker = Ed25519PrivateKey.generate()
    forged = honest.model_copy(update={"identity": identity.public_hex(attacker), "address": "evil.example.org:1"})
    introduction.save(forged.signed(attacker), invitation)
    read = introduction.load(invitation, Invitation)  # consistent in itself
    with pytest.raises(MrfedError, match="changed the file on its way"):
        read.compare(honest.fingerprint, "invitation")


def test_a_node_key_exchanged_on_the_way_is_refused(introduced: Path) -> None:
    node = node_key.generate()
    own = {"node_key": node_key.public(node).decode(), "node_certificate": node_certificate.make(node).decode()}
    change(introduced, **own)
    with pytest.raises(MrfedError, match="signature"):
        introduction.load(introduced, Introduction)


def test_a_certificate_that_is_not_the_nodes_or_could_vouch_for_others_is_refused(
    introduced: Path, invitation: Path
) -> None:
    another = node_certificate.make(node_key.generate()).decode()
    authority = yaml.safe_load(invitation.read_text())["ca_certificate"]
    for certificate in (another, authority, "no certificate"):
        change(introduced, node_certificate=certificate)
        with pytest.raises(MrfedError, match="certificate"):
            introduction.load(introduced, Introduction)


def test_an_introduction_is_no_invitation(introduced: Path) -> None:
    with pytest.raises(MrfedError, match="ca_certificate"):
        introduction.load(introduced, Invitation)


@pytest.mark.parametrize(
    ("field", "value"),
    [("site", "Hospital 1"), ("address", "no port"), ("ca_certificate", "no certificate"), ("federation", "")],
)
def test_a_damaged_invitation_names_the_line(invitation: Path, field: str, value: str) -> None:
    change(invitation, **{field: value})
    with pytest.raises(MrfedError, match=rf"invitation\.yaml:\d+: {field}"):
        introduction.load(invitation, Invitation)


def test_another_kind_of_key_is_no_node_key(introduced: Path) -> None:
    change(introduced, node_key="ssh-rsa AAAA")
    with pytest.raises(MrfedError, match="node_key: not an OpenSSH public key"):
        introduction.load(introduced, Introduction)


def test_a_certificate_stands_in_its_own_lines_for_those_who_read_the_file(invitation: Path) -> None:
    text = invitation.read_text()
    assert "ca_certificate: |\n  -----BEGIN CERTIFICATE-----\n" in text
    assert "\n\n" not in text
    introduction.load(invitation, Invitation)  # and its signature holds
