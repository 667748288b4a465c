"""A locked protocol: a study as it was planned, frozen and signed before anybody looked at labels.

What is run later is held against it, and the report lists what differs.
"""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.federation.roster import HEX_KEY
from shared.files import document, durable_file
from shared.sections.section import Section
from shared.study.diff import changes
from shared.study.study import Study

PURPOSE = "locked protocol"


class Protocol(Section):
    """A study that was locked, and when."""

    study: Study
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    locked: datetime
    coordinator: str = Field(pattern=HEX_KEY)
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


def lock(study: Study, key: Ed25519PrivateKey, now: datetime) -> Protocol:
    """Freeze a study.

    Parameters
    ----------
    study : as planned
    key : the coordinator's identity
    now : with its zone
    """
    unsigned = Protocol(
        study=study, digest=study.digest, locked=now, coordinator=identity.public_hex(key), signature="0" * 128
    )
    return unsigned.model_copy(update={"signature": identity.sign(key, PURPOSE, _content(unsigned))})


def save(protocol: Protocol, path: Path) -> None:
    """Write a protocol where there is none yet.

    Raises
    ------
    MrfedError (`REFUSED`) where one is locked already: a lock that could be renewed would lock nothing.
    """
    if path.exists():
        raise MrfedError(
            Code.REFUSED, f"{path}: this study is locked already; what differs from it will stand in the report"
        )
    durable_file.write(path, document.canonical(protocol) + b"\n", 0o644)


def load(path: Path) -> Protocol:
    """Read a protocol and check that it is as it was locked.

    Raises
    ------
    MrfedError where it is none, or was changed.
    """
    protocol = document.load(path, Protocol, Code.STUDY_INVALID)
    if protocol.study.digest != protocol.digest:
        raise MrfedError(Code.STUDY_INVALID, f"{path}: its study is not the one that was locked; restore the file")
    identity.verify(protocol.coordinator, PURPOSE, _content(protocol), protocol.signature, "coordinator")
    return protocol


def departures(protocol: Protocol, study: Study) -> tuple[str, ...]:
    """What a study does otherwise than its locked protocol, a sentence a setting."""
    return tuple(f"otherwise than the locked protocol: {change}" for change in changes(protocol.study, study))


def _content(protocol: Protocol) -> dict[str, object]:
    return protocol.model_dump(mode="json", exclude={"signature"})
