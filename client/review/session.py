"""What the review page shows of a site's prepared patients, and what it keeps of what a person says."""

import getpass
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any

from client.preparation.paths import records_folder
from client.preparation.pictures import album, quality
from client.preparation.pictures.numbers import NUMBERS, Number, number_of
from client.preparation.record import Record
from client.review.decisions import disputed, latest, standing
from client.review.form import FORM, checked
from client.review.journal import Decision, Journal, Reading, Why
from client.review.records import Records, prepared
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.study.study import Study

Json = dict[str, Any]


@dataclass(frozen=True)
class ReviewSession:
    """One person's review of one study's patients.

    Parameters
    ----------
    site, study : whose patients, prepared for what
    reader : as the person calls herself
    account : of the operating system
    """

    site: Site
    study: Study
    reader: str
    account: str = field(default_factory=getpass.getuser)

    @cached_property
    def records(self) -> Records:
        """What `prepare` kept of every patient."""
        return Records(records_folder(self.site, self.study))

    @property
    def _journal(self) -> Journal:
        return Journal(self.site.workspace)

    def require_patients(self) -> None:
        """Refuse to begin with nothing to see.

        Raises
        ------
        MrfedError where nobody was prepared for the study, or it takes no images.
        """
        prepared(self.site, self.study)

    def start(self) -> Json:
        """What does not change while the page is open."""
        return {
            "site": self.site.name,
            "study": self.study.name,
            "title": self.study.title,
            "simulated": self.study.question.patients == "simulated",
            "reader": self.reader,
            "reasons": [why.value for why in Why],
            "form": [
                {"name": item.name, "asks": item.asks, "answers": item.answers, "only_if": item.only_if}
                for item in FORM
            ],
        }

    def patients(self) -> list[Json]:
        """Everyone, in the order of the clinical table's names, and how far the review has come."""
        entries = self._journal.entries()
        decisions = standing(entries, self.study.name)
        readings = [entry for entry in entries if isinstance(entry, Reading)]
        records = self.records.all()
        marks = _marks(records)
        rows = []
        for stem, record in sorted(records.items(), key=lambda item: item[1].patient):
            read = latest(readings, record.patient)
            rows.append(
                {
                    "id": stem,
                    "patient": record.patient,
                    "scanner": record.scanner,
                    "status": _status(record, decisions.get(record.patient)),
                    "marks": len(marks[stem]),
                    "read": self.reader in read,
                    "disputed": len(disputed(read)),
                }
            )
        return rows

    def patient(self, pseudonym: str) -> Json | None:
        """All about one patient; None where there is none."""
        records = self.records.all()
        if pseudonym not in records:
            return None
        path, record = self.records.path(pseudonym), records[pseudonym]
        entries = [entry for entry in self._journal.entries() if entry.patient == record.patient]
        readings = latest([entry for entry in entries if isinstance(entry, Reading)], record.patient)
        own = readings.get(self.reader)
        return {
            "id": pseudonym,
            "patient": record.patient,
            "scanner": record.scanner,
            "software": record.software,
            "examined": record.examined,
            "timing": record.timing,
            "notes": list(record.notes),
            "failure": record.failure.text if record.failure else None,
            "status": _status(record, standing(entries, self.study.name).get(record.patient)),
            "numbers": _numbers(record, _marks(records)[pseudonym]),
            "registration": _registration(record.findings),
            "album": album.index(album.newest(path, record.key), record.key),
            "decisions": [_decision(entry) for entry in entries if isinstance(entry, Decision)],
            "reading": own.answers if own else None,
            "readers": sorted(name for name in readings if name),
            # what others saw would sway a reader who has not yet read herself
            "others": {name: entry.answers for name, entry in readings.items()} if own else {},
            "disputed": list(disputed(readings)) if own else [],
            "seen": len(entries),
        }

    def picture(self, pseudonym: str, name: str) -> bytes | None:
        """A picture of a patient; None where there is none."""
        record = self.records.all().get(pseudonym)
        return album.content_of(album.newest(self.records.path(pseudonym), record.key), name) if record else None

    def scanners(self) -> Json:
        """How each scanner's numbers went over time."""
        from client.review.drift.shown import shown
        from client.review.drift.watch import watch

        return {"scanners": [shown(scanner) for scanner in watch([*self.records.all().values()])]}

    def decide(self, pseudonym: str, content: Mapping[str, Any]) -> Json | None:
        """Keep a decision; returns the patient as she stands then.

        Raises
        ------
        MrfedError (`REFUSED`) where somebody else has written in the meantime; ValidationError where it is no decision.
        """
        record = self.records.all().get(pseudonym)
        if record is None:
            return None
        decision = Decision.model_validate(
            {
                **self._who(record),
                "verdict": content.get("verdict"),
                "why": content.get("why", ()),
                "note": content.get("note", ""),
                "study": None if content.get("everywhere") is True else self.study.name,
            }
        )
        self._journal.add(decision, _seen(content))
        return self.patient(pseudonym)

    def read(self, pseudonym: str, content: Mapping[str, Any]) -> Json | None:
        """Keep what a reader scored; returns the patient as she stands then.

        Raises
        ------
        MrfedError where an answer is none of the form, or somebody else has written in the meantime.
        """
        record = self.records.all().get(pseudonym)
        if record is None:
            return None
        reading = Reading.model_validate(
            {
                **self._who(record),
                "answers": content.get("answers"),
                "note": content.get("note", ""),
                "consensus": content.get("consensus", False),
            }
        )
        self._journal.add(reading.model_copy(update={"answers": checked(reading.answers)}), _seen(content))
        return self.patient(pseudonym)

    def _who(self, record: Record) -> Json:
        return {"reader": self.reader, "account": self.account, "patient": record.patient, "images": record.key}


def _marks(records: Mapping[str, Record]) -> dict[str, frozenset[str]]:
    """Numbers on the page that stand out, of every patient."""
    shown = {
        stem: {name: value for name, value in record.findings.items() if number_of(name)}
        for stem, record in records.items()
    }
    return quality.outlying(shown)


def _seen(content: Mapping[str, Any]) -> int:
    seen = content.get("seen")
    if not isinstance(seen, int):
        raise MrfedError(Code.DATA_INCONSISTENT, "the page does not say what it has shown; reload it")
    return seen


def _status(record: Record, decision: Decision | None) -> str:
    if record.failure is not None:
        return "failed"
    if decision is None:
        return "open"
    return decision.verdict if decision.images == record.key else f"{decision.verdict}-before"


def _decision(entry: Decision) -> Json:
    return entry.model_dump(mode="json", include={"time", "reader", "verdict", "why", "note", "study"})


def _numbers(record: Record, marked: frozenset[str]) -> list[Json]:
    numbers = []
    for name, value in record.findings.items():
        number: Number | None = number_of(name)
        if number is not None and isfinite(value):
            numbers.append({**asdict(number), "name": name, "value": value * number.factor, "marked": name in marked})
    order = {name: place for place, name in enumerate(NUMBERS)}
    return sorted(numbers, key=lambda number: (order.get(number["name"], len(order)), number["name"]))


def _registration(findings: Mapping[str, float]) -> dict[str, Json]:
    """What registration measured, by the image that was moved."""
    by_image: dict[str, Json] = {}
    for name, value in findings.items():
        if name.startswith("register."):
            _, image, what = name.split(".")
            by_image.setdefault(image, {})[what] = value if isfinite(value) else None
    return by_image
