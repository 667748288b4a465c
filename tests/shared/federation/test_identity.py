"""Identity keys, fingerprints, signatures."""

import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.errors import Code, MrfedError
from shared.federation import identity

# RFC 8032, 7.1, test 1.
RFC_PRIVATE = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
RFC_PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_PRIVATE))


def test_a_created_key_is_private_and_loads_again(tmp_path):
    path = tmp_path / "keys" / "identity.key"
    key = identity.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert identity.public_hex(identity.load(path)) == identity.public_hex(key)
    with pytest.raises(MrfedError, match="never overwritten"):
        identity.create(path)
    assert [path.name for path in path.parent.iterdir()] == ["identity.key"]


def test_keys_that_others_can_read_or_that_are_broken_are_refused(tmp_path):
    path = tmp_path / "identity.key"
    identity.create(path)
    path.chmod(0o640)
    with pytest.raises(MrfedError, match="chmod 600"):
        identity.load(path)
    path.chmod(0o600)
    path.write_text("00ff")
    with pytest.raises(MrfedError) as error:
        identity.load(path)
    assert error.value.code is Code.DATA_UNREADABLE
    assert "00ff" not in error.value.text
    with pytest.raises(MrfedError, match="missing"):
        identity.load(tmp_path / "none")


def test_public_half_is_that_of_the_standard():
    assert identity.public_hex(KEY) == RFC_PUBLIC


def test_a_fingerprint_is_forty_digits_of_the_hash():
    # sha256sum of the key's bytes, taken modulo 10^40 with bc.
    assert identity.fingerprint(RFC_PUBLIC) == "86851 50966 57447 05613 11816 57942 02430 42745"
    assert identity.fingerprint("00" * 32) != identity.fingerprint(RFC_PUBLIC)


def test_a_signature_holds_for_its_content_purpose_and_key_only():
    signature = identity.sign(KEY, "approval", {"b": 1, "a": [2]})
    identity.verify(RFC_PUBLIC, "approval", {"a": [2], "b": 1}, signature, "site-a")
    other = identity.public_hex(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    for public, purpose, content, shown in [
        (RFC_PUBLIC, "approval", {"a": [2], "b": 2}, signature),
        (RFC_PUBLIC, "receipt", {"a": [2], "b": 1}, signature),
        (other, "approval", {"a": [2], "b": 1}, signature),
        (RFC_PUBLIC, "approval", {"a": [2], "b": 1}, "00" * 64),
        (RFC_PUBLIC, "approval", {"a": [2], "b": 1}, "not hexadecimal"),
        ("12", "approval", {"a": [2], "b": 1}, signature),
    ]:
        with pytest.raises(MrfedError, match="site-a") as error:
            identity.verify(public, purpose, content, shown, "site-a")
        assert error.value.code is Code.REFUSED
