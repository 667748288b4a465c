"""Who says so: Ed25519 keys of sites and of the coordinator, their fingerprints, and signatures over content.

A signature names its purpose, so that what was signed for one use proves nothing for another.
"""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import Code, MrfedError
from shared.federation import edwards
from shared.files import secret_file
from shared.files.document import canonical


def create(path: Path) -> Ed25519PrivateKey:
    """Make a new identity and write its private key, readable by its owner alone.

    Raises
    ------
    MrfedError if there is a file already: an identity is never overwritten.
    """
    key = Ed25519PrivateKey.generate()
    secret_file.write(path, key.private_bytes_raw().hex().encode() + b"\n")
    return key


def load(path: Path) -> Ed25519PrivateKey:
    """Read an identity's private key.

    Raises
    ------
    MrfedError if it is missing, not a key, or readable by others.
    """
    secret_file.check(path)
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text()))
    except ValueError as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{path}: not an identity key; restore it from a copy, or run init anew"
        ) from error


def public_hex(key: Ed25519PrivateKey) -> str:
    """Public half of an identity, 64 hexadecimal digits."""
    return key.public_key().public_bytes_raw().hex()


def fingerprint(public_key: str) -> str:
    """Eight groups of five digits (132 bits) that two people of any language read to each other.

    Parameters
    ----------
    public_key : public half of an identity, in hexadecimal
    """
    number = int.from_bytes(hashlib.sha256(bytes.fromhex(public_key)).digest(), "big") % 10**40
    digits = f"{number:040d}"
    return " ".join(digits[start : start + 5] for start in range(0, 40, 5))


def sign(key: Ed25519PrivateKey, purpose: str, content: object) -> str:
    """Signature over the canonical bytes of a purpose and a content, in hexadecimal."""
    return key.sign(_signed_bytes(purpose, content)).hex()


def verify(public_key: str, purpose: str, content: object, signature: str, who: str) -> None:
    """Check a signature.

    Parameters
    ----------
    public_key : of the one who is said to have signed, in hexadecimal
    purpose, content : what is said to have been signed
    signature : in hexadecimal
    who : whose signature it is said to be, for the error

    Raises
    ------
    MrfedError (`REFUSED`) where the signature is not of this key over this content.
    """
    if not _is_proper(public_key):
        raise MrfedError(
            Code.REFUSED, f"{who}: its identity is a key for which anybody can sign; refuse it and tell its owner"
        )
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), _signed_bytes(purpose, content))
    except (ValueError, InvalidSignature) as error:
        raise MrfedError(
            Code.REFUSED,
            f"{who}: the signature on its {purpose} is not of the identity that was approved; "
            "compare fingerprints by telephone before going on",
        ) from error


def _is_proper(public_key: str) -> bool:
    try:
        return edwards.is_proper(bytes.fromhex(public_key))
    except ValueError:
        return False


def _signed_bytes(purpose: str, content: object) -> bytes:
    return canonical({"mrfed": purpose, "content": content})
