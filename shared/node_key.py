"""The key by which a site's node is known to the coordinator: ECDSA on P-384, in OpenSSH's format.

Flower signs every request of a node with it. It says who connects; what a site *says* is signed elsewhere.
"""

import base64
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_public_key,
)

from shared.errors import Code, MrfedError


def generate() -> tuple[bytes, bytes]:
    """A new private and public key, each as the bytes of an OpenSSH file."""
    private = ec.generate_private_key(ec.SECP384R1())
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n",
    )


def fingerprint(public_key: bytes) -> str:
    """Fingerprint that two people compare over the telephone, as `ssh-keygen -lf` prints it.

    Parameters
    ----------
    public_key : content of an OpenSSH public key file

    Raises
    ------
    MrfedError if it is not a public key on P-384.
    """
    try:
        key = load_ssh_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MrfedError(
            Code.REFUSED, "not an OpenSSH public key; ask the site for the file node.pub that its init wrote"
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        raise MrfedError(
            Code.REFUSED,
            "the public key is not on P-384; ask the site for the file node.pub that its init wrote",
        )
    blob = base64.b64decode(public_key.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
