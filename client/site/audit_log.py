"""The audit log: what was asked, what left, what was refused and approved, in an order that cannot be changed.

One line of JSON an entry; each carries the hash of the one before and the site's signature. The head's hash goes out
with every answer and comes back countersigned (`shared.federation.receipt`), so that a shorter or rewritten log shows.
The log never names a patient, so that it can be shown to others.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, ValidationError

from client.site import line_file
from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.federation.receipt import Head, Receipt
from shared.files import document, durable_file
from shared.sections.section import Section

PURPOSE = "audit entry"
REFUSALS_AN_HOUR = 60
"""As many refusals are written; a study that is refused in earnest is refused a few times."""
HOUR = timedelta(hours=1)
TAIL_BYTES = 1 << 18
"""End of the log in which refusals are counted: several hundred entries."""
START = "0" * 64
"""Hash before the first entry."""


class Event(StrEnum):
    """What happened."""

    APPROVAL = "approval"
    REVOCATION = "revocation"
    WITHDRAWAL = "withdrawal"
    QUESTION = "question"
    ANSWER = "answer"
    REFUSAL = "refusal"
    RECEIPT = "receipt"
    KEYS_DELETED = "keys-deleted"
    PRIVACY_SPENT = "privacy-spent"
    """Differential privacy was booked, before what it pays for left."""
    RECOVERY = "recovery"
    """The log was cut off inside its last entry, which was dropped: the machine stopped while it was written."""


class Entry(Section):
    """One line of the log."""

    number: int = Field(ge=1)
    time: str
    event: Event
    content: dict[str, object]
    previous: str
    hash: str
    signature: str = Field(pattern=r"^([0-9a-f]{128})?$")
    """Empty only while the entry is being made."""

    @property
    def expected_hash(self) -> str:
        """SHA-256 over everything but hash and signature."""
        return document.digest(self.model_dump(mode="json", exclude={"hash", "signature"}))


@dataclass(frozen=True)
class AuditLog:
    """A site's log, open for writing.

    Parameters
    ----------
    path : the file
    site : name of the site
    key : the site's identity, which signs every entry
    clock : tells the time
    """

    path: Path
    site: str
    key: Ed25519PrivateKey
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def append(self, event: Event, content: Mapping[str, object]) -> Head:
        """Add an entry; it is on the disk on return.

        Parameters
        ----------
        event : what happened
        content : names, shapes, bytes, hashes; nothing that names a patient

        Returns
        -------
        the new head

        Raises
        ------
        MrfedError where the end of the log is not an entry: it was tampered with, and nothing is added to it.
        """
        with line_file.locked(self.path) as file:
            last, dropped = line_file.last_line(file)
            number, previous = self._end(last) if last else (0, START)
            if dropped:
                number, previous = self._write(file, number, previous, Event.RECOVERY, {"bytes": dropped})
            number, previous = self._write(file, number, previous, event, content)
            return Head(site=self.site, entries=number, hash=previous)

    def refuse(self, content: Mapping[str, object]) -> Head:
        """Add a refusal, or count it where there were many within the hour: whoever may ask must not fill the disk.

        The next refusal that is written says how many were counted before it (`folded`).

        Parameters
        ----------
        content : names and the code of the refusal, each of them short

        Returns
        -------
        the head, new or as it was
        """
        folded = self.path.with_suffix(".folded")
        with line_file.locked(self.path) as file:
            line, _ = line_file.last_line(file)
            recent = sum(map(self._is_recent_refusal, line_file.tail(file, TAIL_BYTES)))
            before = int(folded.read_text()) if folded.exists() else 0
            if line and recent >= REFUSALS_AN_HOUR:
                durable_file.write(folded, str(before + 1).encode())
                number, digest = self._end(line)
                return Head(site=self.site, entries=number, hash=digest)
        head = self.append(Event.REFUSAL, {**content, "folded": before} if before else content)
        folded.unlink(missing_ok=True)
        return head

    def _is_recent_refusal(self, line: bytes) -> bool:
        if b'"event":"refusal"' not in line:
            return False
        written = datetime.fromisoformat(_parse(self.path, None, line).time)
        return self.clock() - written < HOUR

    def _end(self, line: bytes) -> tuple[int, str]:
        entry = _parse(self.path, None, line)
        if entry.hash != entry.expected_hash:
            raise _tampered(self.path, entry.number, "its content was changed")
        return entry.number, entry.hash

    def _write(
        self, file: BinaryIO, number: int, previous: str, event: Event, content: Mapping[str, object]
    ) -> tuple[int, str]:
        time = self.clock().isoformat(timespec="seconds")
        entry = Entry(
            number=number + 1, time=time, event=event, content=dict(content), previous=previous, hash="", signature=""
        )
        digest = entry.expected_hash
        signed = entry.model_copy(update={"hash": digest, "signature": identity.sign(self.key, PURPOSE, digest)})
        line_file.add(file, document.canonical(signed))
        return number + 1, digest


def read(path: Path) -> tuple[Entry, ...]:
    """All entries, unverified; an unfinished one at the end is left out.

    Raises
    ------
    MrfedError with the line that is not an entry.
    """
    if not path.exists():
        return ()
    lines = path.read_bytes().split(b"\n")[:-1]
    return tuple(_parse(path, number, line) for number, line in enumerate(lines, start=1))


def verify(
    path: Path, public_key: str, coordinators: Collection[str] = (), receipts: Iterable[Receipt] = ()
) -> tuple[Entry, ...]:
    """Check every entry's place, hash and signature, and hold the log against the coordinator's receipts.

    Parameters
    ----------
    path : the log
    public_key : the site's identity, in hexadecimal
    coordinators : identities, in hexadecimal, whose receipts count
    receipts : of this log, as a coordinator kept them; those that the log itself holds are checked anyway

    Returns
    -------
    the entries

    Raises
    ------
    MrfedError (`REFUSED`) with the first line that is wrong, or the receipt that the log does not reach.
    """
    entries = read(path)
    previous = START
    for number, entry in enumerate(entries, start=1):
        if entry.number != number or entry.previous != previous:
            raise _tampered(path, number, "it does not follow the line before")
        if entry.hash != entry.expected_hash:
            raise _tampered(path, number, "its content was changed")
        identity.verify(public_key, PURPOSE, entry.hash, entry.signature, f"{path}:{number}")
        previous = entry.hash
    held = [Receipt.model_validate(entry.content) for entry in entries if entry.event is Event.RECEIPT]
    for receipt in [*held, *receipts]:
        receipt.check(coordinators)
        known = receipt.head.entries
        if known > len(entries):
            raise _tampered(path, len(entries), f"the coordinator has seen {known} entries; the log was cut off")
        if known and entries[known - 1].hash != receipt.head.hash:
            raise _tampered(path, known, "the coordinator has seen another entry here; the log was written anew")
    return entries


def require_reaches(path: Path, head: Head) -> None:
    """Refuse to go on with a log that does not hold what a coordinator has countersigned of it.

    Parameters
    ----------
    path : the log
    head : of a receipt whose signature was checked

    Raises
    ------
    MrfedError (`REFUSED`) where the log was cut off, written anew, or put back to an older copy with its workspace,
    which then has forgotten what was answered and spent since.
    """
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    if 0 < head.entries <= len(lines) and _parse(path, head.entries, lines[head.entries - 1]).hash == head.hash:
        return
    raise MrfedError(
        Code.REFUSED,
        f"{path}: a coordinator has seen {head.entries} entries, and this log is another or an older one; put the "
        "workspace back as it was, or revoke what was approved and approve it anew",
    )


def export(path: Path, public_key: str, destination: Path) -> None:
    """Write the log as one JSON document that others can verify, with the key that signed it."""
    entries = [entry.model_dump(mode="json") for entry in read(path)]
    content = {"public_key": public_key, "fingerprint": identity.fingerprint(public_key), "entries": entries}
    durable_file.write(destination, json.dumps(content, indent=1).encode() + b"\n")


def _parse(path: Path, number: int | None, line: bytes) -> Entry:
    try:
        entry = Entry.model_validate_json(line)
        if document.canonical(entry) == line:
            return entry
    except ValidationError:
        pass
    raise _tampered(path, number, "this line is no entry")


def _tampered(path: Path, line: int | None, what: str) -> MrfedError:
    where = f"{path}:{line}" if line is not None else str(path)
    return MrfedError(Code.REFUSED, f"{where}: {what}; keep the file as evidence and tell the security officer")
