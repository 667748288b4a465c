"""The node's key is one that Flower and OpenSSH read."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.ssh import load_ssh_private_key, load_ssh_public_key

from shared.errors import Code, MrfedError
from shared.federation import node_key

# Written by `ssh-keygen -t ecdsa -b 384` of OpenSSH 9.2.
PUBLIC_KEY = (
    b"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBPzmvaCLhRLWLvkOnnL+UuVrEajl"
    b"PS07mYExovGoxt5MvkgO+TcOptXV9FbylfMFfc+7vwZgRaJ2jTZCN6QeQqeaoiHO+Etj4E6EmkPZkQCeuJ1uG3WAOttXs3/aKRgj2A== node"
)


def test_a_key_of_ssh_keygen_is_accepted() -> None:
    node_key.check(PUBLIC_KEY)


def test_private_and_public_key_belong_together() -> None:
    private = node_key.generate()
    public = node_key.public(private)
    node_key.check(public)
    loaded, numbers = load_ssh_private_key(private, None), load_ssh_public_key(public)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    assert isinstance(numbers, ec.EllipticCurvePublicKey)
    assert loaded.curve.name == "secp384r1"
    assert loaded.public_key().public_numbers() == numbers.public_numbers()
    assert node_key.generate() != private


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (b"not a key", "not an OpenSSH public key"),
        (b"", "not an OpenSSH public key"),
        (
            ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
            "not on P-384",
        ),
        (
            ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
            "not on P-384",
        ),
    ],
    ids=["text", "empty", "ed25519", "p-256"],
)
def test_another_key_is_refused(wrong: bytes, says: str) -> None:
    with pytest.raises(MrfedError, match=says) as refused:
        node_key.check(wrong)
    assert refused.value.code is Code.REFUSED
