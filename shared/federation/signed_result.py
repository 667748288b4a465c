"""The result of a study under the coordinator's signature, so that whoever uses its model knows whose it is.

`result.json` holds the model; `result.json.sig` beside it the coordinator's public identity and its signature over the
file's SHA-256.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, ValidationError

from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.federation.roster import HEX_KEY
from shared.files import document, durable_file
from shared.sections.section import Section

PURPOSE = "result"
NAME, SIGNATURE = "result.json", "result.json.sig"


class Signature(Section):
    """Who signed a result."""

    coordinator: str = Field(pattern=HEX_KEY)
    """Public half of the identity that signed, in hexadecimal."""
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


def sign(content: bytes, key: Ed25519PrivateKey) -> Signature:
    """Sign the bytes of a `result.json`."""
    return Signature(
        coordinator=identity.public_hex(key), signature=identity.sign(key, PURPOSE, hashlib.sha256(content).hexdigest())
    )


def check(content: bytes, signature: Signature, coordinators: Collection[str]) -> None:
    """Make sure that one of these coordinators signed exactly these bytes.

    Parameters
    ----------
    content : of a `result.json`
    signature : as it came with it
    coordinators : public identities, in hexadecimal

    Raises
    ------
    MrfedError (`REFUSED`) where none of them has.
    """
    if signature.coordinator not in coordinators:
        raise MrfedError(Code.REFUSED, f"{NAME}: is signed by another coordinator than the approved one; do not use it")
    identity.verify(
        signature.coordinator, PURPOSE, hashlib.sha256(content).hexdigest(), signature.signature, "coordinator"
    )


def save(folder: Path, content: bytes, signature: Signature) -> None:
    """Write a result and its signature beside it."""
    durable_file.write(folder / NAME, content)
    durable_file.write(folder / SIGNATURE, document.canonical(signature))


def seal(folder: Path, key: Ed25519PrivateKey) -> None:
    """Put a signature beside the `result.json` of a folder."""
    signature = sign((folder / NAME).read_bytes(), key)
    durable_file.write(folder / SIGNATURE, document.canonical(signature), 0o644)


def load(folder: Path, coordinators: Collection[str]) -> bytes:
    """Read a result whose signature holds.

    Raises
    ------
    MrfedError (`REFUSED`, `DATA_UNREADABLE`) where it was changed, is another coordinator's, or is not signed.
    """
    try:
        content = (folder / NAME).read_bytes()
        signature = Signature.model_validate_json((folder / SIGNATURE).read_bytes())
    except (OSError, ValidationError) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{folder}: there is no {NAME} with its signature; ask the coordinator for both"
        ) from error
    check(content, signature, coordinators)
    return content
