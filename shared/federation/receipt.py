"""Receipts: the coordinator countersigns how far a site's audit log has come.

A site signs its own log and could write it anew. What it cannot write is the coordinator's signature on the head that
the log had before.
"""

from collections.abc import Collection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, TypeAdapter, ValidationError

from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.federation.roster import HEX_KEY
from shared.files import named_file
from shared.sections.section import Section

PURPOSE = "receipt"


class Head(Section):
    """How far a site's log has come; every answer carries it."""

    site: str
    entries: int = Field(ge=0)
    """Number of entries."""
    hash: str = Field(pattern=HEX_KEY)
    """Hash of the last one, which covers all before it."""


class Receipt(Section):
    """A head, countersigned by the coordinator."""

    head: Head
    coordinator: str = Field(pattern=HEX_KEY)
    """Public half of the identity that signed."""
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")

    def check(self, coordinators: Collection[str]) -> None:
        """Make sure that one of these coordinators has signed.

        Parameters
        ----------
        coordinators : public identities, in hexadecimal

        Raises
        ------
        MrfedError (`REFUSED`) where none of them has.
        """
        if self.coordinator not in coordinators:
            raise MrfedError(
                Code.REFUSED, f"site {self.head.site}: a receipt is of no coordinator whose studies were approved here"
            )
        identity.verify(self.coordinator, PURPOSE, self.head.model_dump(), self.signature, "coordinator")


def countersign(key: Ed25519PrivateKey, head: Head, before: Receipt | None) -> Receipt:
    """Sign the head that an answer carried.

    Parameters
    ----------
    key : the coordinator's identity
    head : as the site states it
    before : the last receipt of this site; None where there is none

    Raises
    ------
    MrfedError (`REFUSED`) where the log is shorter than it was, or was rewritten at the same length.
    """
    if before is not None:
        shrunk = head.entries < before.head.entries
        rewritten = head.entries == before.head.entries and head.hash != before.head.hash
        if shrunk or rewritten or head.site != before.head.site:
            raise MrfedError(
                Code.REFUSED,
                f"site {head.site}: its audit log is shorter than before, or another; ask the site what happened to it",
            )
    signature = identity.sign(key, PURPOSE, head.model_dump())
    return Receipt(head=head, coordinator=identity.public_hex(key), signature=signature)


def load(path: Path) -> list[Receipt]:
    """Read receipts as `mrfed-coordinator receipts` prints them.

    Raises
    ------
    MrfedError where the file holds anything else.
    """
    try:
        return TypeAdapter(list[Receipt]).validate_json(named_file.read(path, Code.DATA_UNREADABLE))
    except ValidationError as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{path}: no list of receipts; ask for what mrfed-coordinator receipts prints"
        ) from error
