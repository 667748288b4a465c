"""Who said what about a patient's images, and when: decisions of the review, and what readers scored.

A file of the workspace that only grows, a line of JSON an entry. It names patients and never leaves. Several people may
write at once: a process adds whole lines under a lock, and nobody decides over a decision that he has not seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from client.site import line_file
from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.section import Section


class Verdict(StrEnum):
    """What a person decided."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Why(StrEnum):
    """Why a patient's images are rejected."""

    MOTION = "motion"
    """Moved during the examination, beyond what registration puts right."""
    ARTEFACT = "artefact"
    """Fat suppression, ghosts, wrap-around, metal."""
    NOISE = "noise"
    MASK = "mask"
    """The mask is not the lesion that was sampled."""
    REGISTRATION = "registration"
    """An image was moved wrongly by the preprocessing."""
    SERIES = "series"
    """A wrong or incomplete series was taken, or its phases are out of order."""
    COVERAGE = "coverage"
    """The lesion lies partly outside the images."""
    TREATED = "treated"
    """Examined after treatment or surgery began."""
    MAPS = "maps"
    """The maps have values that no tissue has."""
    OTHER = "other"
    """The note says it."""


class Entry(Section):
    """One line of the journal."""

    of_lines: ClassVar[frozenset[str]] = frozenset({"note"})

    time: str = ""
    reader: str = Field(min_length=1, max_length=80)
    """As the person calls herself."""
    account: str = Field(max_length=80)
    """Of the operating system."""
    patient: str
    """As the clinical table calls her."""
    images: str
    """Digest of the files and settings that the person looked at (`client.preparation.record.Record.key`)."""
    note: str = Field(default="", max_length=2000)


class Decision(Entry):
    """A person accepted or rejected a patient's images."""

    kind: Literal["decision"] = "decision"
    verdict: Verdict
    why: tuple[Why, ...] = ()
    study: str | None = None
    """The study in which it holds; None for every study."""

    @model_validator(mode="after")
    def _has_a_reason(self) -> "Decision":
        if (self.verdict is Verdict.REJECTED) != bool(self.why):
            raise ValueError("why: a rejection needs a reason, and only a rejection has one")
        if Why.OTHER in self.why and not self.note.strip():
            raise ValueError("note: say what the other reason is")
        return self


class Reading(Entry):
    """What a reader saw in a patient's images: answers to the form, by the item's name."""

    kind: Literal["reading"] = "reading"
    answers: dict[str, str]
    consensus: bool = False
    """The readers agreed on it together: it stands for all of them."""


_LINE: TypeAdapter[Decision | Reading] = TypeAdapter(Annotated[Decision | Reading, Field(discriminator="kind")])


@dataclass(frozen=True)
class Journal:
    """The journal of one site.

    Parameters
    ----------
    workspace : the site's
    clock : tells the time
    """

    workspace: Path
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    @property
    def path(self) -> Path:
        """The file."""
        return self.workspace / "review" / "journal.jsonl"

    def entries(self) -> tuple[Decision | Reading, ...]:
        """All entries in their order; one that is still being written is left out.

        Raises
        ------
        MrfedError with the line that is no entry.
        """
        if not self.path.exists():
            return ()
        return self._parse(self.path.read_bytes())

    def add(self, entry: Decision | Reading, seen: int | None = None) -> int:
        """Add an entry, stamped with the time; it is on the disk on return.

        Parameters
        ----------
        entry : what was said
        seen : how many entries of this patient the person knew of; None where it does not matter

        Returns
        -------
        how many entries of this patient there are now

        Raises
        ------
        MrfedError (`REFUSED`) where somebody else has said something about the patient since.
        """
        with line_file.locked(self.path) as file:
            line_file.last_line(file)  # cuts off what a power cut left unfinished
            file.seek(0)
            before = [earlier for earlier in self._parse(file.read()) if earlier.patient == entry.patient]
            if seen is not None and len(before) != seen:
                raise MrfedError(
                    Code.REFUSED,
                    f"patient {entry.patient}: {before[-1].reader if before else 'somebody'} wrote something in the "
                    "meantime; look at it first",
                )
            stamped = entry.model_copy(update={"time": self.clock().isoformat(timespec="seconds")})
            line_file.add(file, document.canonical(stamped))
            return len(before) + 1

    def _parse(self, content: bytes) -> tuple[Decision | Reading, ...]:
        entries: list[Decision | Reading] = []
        for number, line in enumerate(content.split(b"\n")[:-1], start=1):
            try:
                entries.append(_LINE.validate_json(line))
            except ValidationError as error:
                raise MrfedError(
                    Code.DATA_UNREADABLE,
                    f"{self.path}:{number}: is no entry of the review; restore the workspace from a copy",
                ) from error
        return tuple(entries)
