"""The key by which a site's node is known to the coordinator: ECDSA on P-384, in OpenSSH's format.

Flower signs every request of a node with it. It says who connects; what a site *says* is signed by its identity.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)

from shared.errors import Code, MrfedError


def generate() -> bytes:
    """A new private key, as the bytes of an OpenSSH file."""
    private = ec.generate_private_key(ec.SECP384R1())
    return private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def public(private_key: bytes) -> bytes:
    """Public half of a private key, as the line of an OpenSSH file."""
    key = load_ssh_private_key(private_key, None)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


def check(public_key: bytes) -> None:
    """Refuse what is not the public key of a node.

    Parameters
    ----------
    public_key : content of an OpenSSH public key file

    Raises
    ------
    MrfedError (`REFUSED`) if it is not a public key on P-384.
    """
    try:
        key = load_ssh_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MrfedError(Code.REFUSED, "not an OpenSSH public key; ask the site for its introduction anew") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        raise MrfedError(Code.REFUSED, "a key that is not on P-384; ask the site for its introduction anew")
