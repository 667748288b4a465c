"""The node's key is one that Flower and OpenSSH read."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.ssh import load_ssh_private_key, load_ssh_public_key

from shared import node_key
from shared.errors import Code, MrfedError

# `ssh-keygen -lf` of OpenSSH 9.2 on this key prints the fingerprint below.
PUBLIC_KEY = (
    b"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBOFVv+Ney4sj1KHxYXvyd1E/cHDr"
    b"t1OPXrZoeMn3Lru956ZgPkd9rTx51ftuo4nV9GCPlhC4eh9S/ZaEF3JqI8ZlbEfYTxqlq7AWwf+zSDO1dXBzES02Nl/rh/KdgAuWXA==\n"
)
FINGERPRINT = "SHA256:Pv3aiH8bcPdVcKqked/kXapJAuhmlT8mvqfkvYZst/E"


def test_fingerprint_is_that_of_ssh_keygen() -> None:
    assert node_key.fingerprint(PUBLIC_KEY) == FINGERPRINT


def test_a_comment_does_not_change_the_fingerprint() -> None:
    assert node_key.fingerprint(PUBLIC_KEY.strip() + b" node@hospital\n") == FINGERPRINT


def test_private_and_public_key_belong_together() -> None:
    private, public = node_key.generate()
    loaded = load_ssh_private_key(private, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    assert isinstance(loaded.curve, ec.SECP384R1)
    numbers = load_ssh_public_key(public)
    assert isinstance(numbers, ec.EllipticCurvePublicKey)
    assert loaded.public_key().public_numbers() == numbers.public_numbers()
    assert node_key.generate()[0] != private


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (b"not a key", "not an OpenSSH public key"),
        (b"", "not an OpenSSH public key"),
        (
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
            "not on P-384",
        ),
        (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
            "not on P-384",
        ),
    ],
    ids=["text", "empty", "ed25519", "p-256"],
)
def test_another_key_is_refused(wrong: bytes, says: str) -> None:
    with pytest.raises(MrfedError, match=says) as refused:
        node_key.fingerprint(wrong)
    assert refused.value.code is Code.REFUSED
