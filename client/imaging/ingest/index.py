"""The index of a folder of exports: every header read once, kept in SQLite, updated when files change.

Unchanged files (same size and modification time) are not read again. Of DICOM files only the headers are read: pixels
are most of the bytes, and looking at what there is needs none of them. The digests by which prepared patients are
recognized are taken when somebody asks for them, and kept.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from client.imaging.ingest.file_name import is_plain, sidecars
from client.imaging.ingest.frame import Frame, MaskObject, Segment
from shared.errors import Code, MrfedError
from shared.plain_text import visible

_VERSION = 6
"""Of the records below; another version's index is made anew."""
_BATCH = 256
_BUFFER = 1 << 15
"""Bytes read at a time of a header: most are in the first."""
_CHUNK = 1 << 20
_PATH = "CAST(? AS TEXT)"
"""Names of files are bytes, and on some disks no UTF-8: they are kept as they are."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, digest TEXT, patient TEXT,
    fault TEXT, other TEXT, frames TEXT, mask TEXT, adopted INTEGER);
CREATE INDEX IF NOT EXISTS file_patient ON file (patient);
"""


@dataclass(frozen=True)
class Fault:
    """A file that should have been of use and is not."""

    path: str
    reason: str
    patient: str = ""
    """Whose it is, as far as the file tells."""

    @property
    def text(self) -> str:
        """Patient, file and reason."""
        return visible(f"{f'patient {self.patient}: ' if self.patient else ''}{self.path} {self.reason}")


def folded(faults: Iterable[Fault]) -> list[str]:
    """Faults in words: many files of one patient and one reason are one line with their number.

    Parameters
    ----------
    faults : in any order
    """
    alike: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.patient, fault.reason), []).append(fault)
    return [
        same[0].text
        if len(same) == 1
        else visible(
            f"{f'patient {patient}: ' if patient else ''}{len(same)} files, each of which {reason} "
            f"(the first: {same[0].path})"
        )
        for (patient, reason), same in alike.items()
    ]


@dataclass(frozen=True)
class Patient:
    """All that the folder holds of one patient."""

    identifier: str
    frames: tuple[Frame, ...]
    masks: tuple[MaskObject, ...]
    digests: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each file's bytes, by path, as far as they were taken."""


@dataclass(frozen=True)
class _Record:
    """A row of the index."""

    path: str
    size: int
    mtime_ns: int
    digest: str
    patient: str
    fault: str
    other: str
    frames: str
    mask: str
    adopted: bool = False
    """The patient is not the file's own statement."""


class Index:
    """An index over one folder of exports.

    Parameters
    ----------
    folder : exports, of any layout
    database : the SQLite file, made where it does not exist
    """

    def __init__(self, folder: Path, database: Path) -> None:
        self.folder = folder
        self.database = database

    def update(self, workers: int = 1, progress: Callable[[int, int], None] | None = None) -> None:
        """Bring the index up to date: read new and changed files, forget those that are gone.

        Parameters
        ----------
        workers : processes that read headers
        progress : called with the number of files read and the number to read

        Raises
        ------
        MrfedError where the folder does not exist, or the index cannot be written.
        """
        if not os.path.isdir(self.folder):
            raise MrfedError(
                Code.DATA_MISSING,
                f"{self.folder}: there is no such folder, or no right to enter it; correct data.dicom in site.yaml",
            )
        with closing(self._connect()) as connection:
            try:
                self._update(connection, workers, progress)
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def _update(
        self, connection: sqlite3.Connection, workers: int, progress: Callable[[int, int], None] | None
    ) -> None:
        known = {
            path: (size, mtime_ns)
            for path, size, mtime_ns in connection.execute("SELECT path, size, mtime_ns FROM file")
        }
        closed: list[OSError] = []
        present = dict(_walk(self.folder, closed.append))
        gone = [(os.fsencode(path),) for path in known.keys() - present.keys()]
        with connection:
            connection.executemany(f"DELETE FROM file WHERE path = {_PATH}", gone)  # noqa: S608 (a constant)
            _keep(connection, [_closed(self.folder, error) for error in closed])
        changed = sorted(path for path, stamp in present.items() if known.get(path) != stamp)
        batches = [changed[start : start + _BATCH] for start in range(0, len(changed), _BATCH)]
        reading = Parallel(n_jobs=min(workers, len(batches)) or 1, return_as="generator")(
            delayed(_read_batch)(self.folder, batch) for batch in batches
        )
        done = 0
        for records in reading:
            with connection:  # each batch is kept: a killed run goes on behind it
                _keep(connection, records)
            done += len(records)
            if progress is not None:
                progress(done, len(changed))
        with connection:
            _give_owners(connection)

    def patients(self) -> list[str]:
        """Identifiers of all patients, sorted."""
        with closing(self._connect()) as connection:
            rows = connection.execute("SELECT DISTINCT patient FROM file WHERE patient != '' ORDER BY patient")
            return [patient for (patient,) in rows]

    def patient(self, identifier: str) -> Patient:
        """All that the folder holds of one patient."""
        with closing(self._connect()) as connection:
            rows = connection.execute(
                "SELECT frames, mask, path, digest FROM file WHERE patient = ? ORDER BY path", (identifier,)
            ).fetchall()
        return Patient(
            identifier=identifier,
            frames=tuple(_frame(record | {"patient": identifier}) for row in rows for record in json.loads(row[0])),
            masks=tuple(_mask(json.loads(row[1]) | {"patient": identifier}) for row in rows if row[1]),
            digests={row[2]: row[3] for row in rows if row[3]},
        )

    def digests(self, identifier: str) -> tuple[str, ...]:
        """SHA-256 of every file of a patient, sorted: equal digests are an unchanged patient.

        A file that cannot be read has an empty one.
        """
        with closing(self._connect()) as connection:
            try:
                rows = connection.execute("SELECT path, digest FROM file WHERE patient = ?", (identifier,)).fetchall()
                missing = {path: _digest(self.folder, path) for path, digest in rows if not digest}
                with connection:
                    connection.executemany(
                        f"UPDATE file SET digest = ? WHERE path = {_PATH}",  # noqa: S608 (a constant)
                        [(digest, os.fsencode(path)) for path, digest in missing.items()],
                    )
            except sqlite3.Error as error:
                raise self._unusable(error) from error
        return tuple(sorted(digest or missing[path] for path, digest in rows))

    def faults(self) -> list[Fault]:
        """Files that should have been of use and are not, sorted by path."""
        with closing(self._connect()) as connection:
            return [
                Fault(*row)
                for row in connection.execute("SELECT path, fault, patient FROM file WHERE fault != '' ORDER BY path")
            ]

    def others(self) -> dict[str, int]:
        """How many files are of no use, by what they are."""
        with closing(self._connect()) as connection:
            return dict(
                connection.execute("SELECT other, count(*) FROM file WHERE other != '' GROUP BY other ORDER BY other")
            )

    def _connect(self) -> sqlite3.Connection:
        self.database.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(self.database)
            connection.text_factory = os.fsdecode
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                connection.execute("DROP TABLE IF EXISTS file")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return connection

    def _unusable(self, error: sqlite3.Error) -> MrfedError:
        return MrfedError(
            Code.DATA_UNREADABLE,
            f"{self.database}: the index cannot be used ({error}); check free space and rights, or delete it",
        )


def _keep(connection: sqlite3.Connection, records: Iterable[_Record]) -> None:
    placeholders = ", ".join("?" for _ in fields(_Record)[1:])
    connection.executemany(
        f"INSERT OR REPLACE INTO file VALUES ({_PATH}, {placeholders})",  # noqa: S608 (question marks)
        [(os.fsencode(record.path), *tuple(asdict(record).values())[1:]) for record in records],
    )


def _closed(folder: Path, error: OSError) -> _Record:
    """A folder that cannot be entered, as a fault: whose images lie in it would be missing without a word."""
    path = os.path.relpath(error.filename, folder)
    fault = f"cannot be entered ({error.strerror}); check the rights"
    return _Record(path, 0, 0, "", "", fault, "", "[]", "")


def _walk(folder: Path, on_closed: Callable[[OSError], None]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Every file with its size and modification time; each folder once, however links lead to it."""
    seen = set()
    for root, folders, files in os.walk(folder, followlinks=True, onerror=on_closed):
        status = os.stat(root)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        for name in sorted(files):
            path = os.path.join(root, name)
            if os.path.isfile(path):  # not a dangling link, not a pipe
                yield os.path.relpath(path, folder), _stamp(Path(path))


def _stamp(path: Path) -> tuple[int, int]:
    """Size and modification time, those of files that belong to it included."""
    together = [path, *(part for part in sidecars(path) if part.is_file())] if is_plain(path.name) else [path]
    statuses = [os.stat(part) for part in together]
    return sum(part.st_size for part in statuses), max(part.st_mtime_ns for part in statuses)


def _give_owners(connection: sqlite3.Connection) -> None:
    """Find the patient of NIfTI and NRRD files whose names tell none.

    It is the one whose other files lie in the same folder, or in the nearest folder above that holds but one patient;
    where there are none at all, the first folder is called like the patient.
    """
    patients: dict[str, set[str]] = {}
    for path, patient in connection.execute("SELECT path, patient FROM file WHERE patient != '' AND NOT adopted"):
        for folder in Path(path).parents:
            patients.setdefault(str(folder), set()).add(patient)
    orphans = connection.execute(
        "SELECT path FROM file WHERE (mask != '' OR frames != '[]') AND (patient = '' OR adopted)"
    ).fetchall()
    for (path,) in orphans:
        near = next((owners for folder in Path(path).parents if (owners := patients.get(str(folder)))), set())
        first = Path(path).parts[0] if len(Path(path).parts) > 1 else ""
        owner = next(iter(near)) if len(near) == 1 else "" if near else first
        fault = "" if owner else "belongs to no patient: put it beside the patient's images, or name it sub-ID_..."
        connection.execute(
            f"UPDATE file SET patient = ?, fault = ?, adopted = 1 WHERE path = {_PATH}",  # noqa: S608 (a constant)
            (owner, fault, os.fsencode(path)),
        )


def _read_batch(folder: Path, paths: list[str]) -> list[_Record]:
    return [_read(folder, path) for path in paths]


def _read(folder: Path, path: str) -> _Record:
    # pydicom and SimpleITK are imported where headers are read, not where an index is only looked up
    from client.imaging.ingest import plain
    from client.imaging.ingest.header import Reading, read_file

    stamp = (0, 0)
    try:
        if is_plain(path):
            stamp = _stamp(folder / path)
            reading = plain.read(folder, path)
        else:
            with open(folder / path, "rb", buffering=_BUFFER) as file:
                status = os.fstat(file.fileno())
                stamp = status.st_size, status.st_mtime_ns
                reading = read_file(file, status.st_size, path)
    except OSError as error:
        reading = Reading(fault=f"cannot be opened ({error.strerror}); check the rights")
    return _Record(
        path=path,
        size=stamp[0],
        mtime_ns=stamp[1],
        digest="",
        patient=reading.patient,
        fault=reading.fault,
        other=reading.other,
        frames=json.dumps([vars(frame) for frame in reading.frames]),  # asdict would copy every value first
        mask=json.dumps(asdict(reading.mask)) if reading.mask else "",
    )


def _digest(folder: Path, path: str) -> str:
    """SHA-256 of a file and of what stands beside it; empty where it cannot be read."""
    digest = sha256()
    together = [folder / path, *(sidecars(folder / path) if is_plain(path) else ())]
    try:
        for part in together:
            if part == folder / path or part.is_file():
                with open(part, "rb") as file:
                    for chunk in iter(lambda: file.read(_CHUNK), b""):
                        digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _frame(record: dict[str, Any]) -> Frame:
    tuples = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
    return Frame(**{**record, **tuples})


def _mask(record: dict[str, Any]) -> MaskObject:
    segments = tuple(Segment(**segment) for segment in record["segments"])
    return MaskObject(**{**record, "segments": segments, "referenced_series": tuple(record["referenced_series"])})
