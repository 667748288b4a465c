"""Public keys under which anybody could sign."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import MrfedError
from shared.federation import edwards, identity

# The points of small order and their other spellings (Chalkias et al., SSR 2020, table 1).
SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


@pytest.mark.parametrize("point", SMALL)
def test_a_point_of_small_order_is_nobodys_key(point: str) -> None:
    assert not edwards.is_proper(bytes.fromhex(point))


def test_every_key_that_is_made_is_proper() -> None:
    for seed in range(64):
        key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        assert edwards.is_proper(key.public_key().public_bytes_raw())


def test_bytes_beside_the_curve_are_no_key() -> None:
    assert not edwards.is_proper((2).to_bytes(32, "little"))
    assert not edwards.is_proper(b"")


@pytest.mark.attack
def test_a_signature_that_fits_every_content(gained) -> None:  # type: ignore[no-untyped-def]
    """Under the neutral point, the signature (neutral point, 0) holds for whatever is said to be signed."""
    forged = "01" + "00" * 31 + "00" * 32
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(SMALL[0])).verify(bytes.fromhex(forged), b"whatever")
    with pytest.raises(MrfedError, match="north: its identity is a key for which anybody can sign"):
        identity.verify(SMALL[0], "masking key", {"any": "content"}, forged, "north")
    gained(
        "Name a site's identity as a point of small order, and sign in its place",
        "one signature fits every masking key, receipt and roster",
        "such a key is nobody's: refused",
    )
