"""The records of a site's prepared patients, read again only where they have changed."""

from pathlib import Path
from threading import Lock

from client.imaging.ingest import exports
from client.preparation import record as kept
from client.preparation.paths import records_folder
from client.preparation.record import Record
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.study.study import Study


class Records:
    """Records of one folder.

    Parameters
    ----------
    folder : of prepared patients, a file each, named by pseudonym
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[int, Record | None]] = {}
        self._lock = Lock()

    def path(self, pseudonym: str) -> Path:
        """Where a record of this folder lies."""
        return self.folder / f"{pseudonym}.json"

    def all(self) -> dict[str, Record]:
        """Every record by the patient's pseudonym."""
        with self._lock:
            current = {path: self._current(path) for path in sorted(self.folder.glob("*.json"))}
        return {path.stem: record for path, record in current.items() if record is not None}

    def _current(self, path: Path) -> Record | None:
        changed = path.stat().st_mtime_ns
        if path not in self._read or self._read[path][0] != changed:
            self._read[path] = (changed, kept.read(path))
        return self._read[path][1]


def prepared(site: Site, study: Study) -> dict[str, Record]:
    """Records of all patients who were prepared for a study, by their pseudonyms.

    Raises
    ------
    MrfedError where nobody was, or the study takes no exports.
    """
    exports.folder(site, study)
    of_patients = Records(records_folder(site, study)).all()
    if not of_patients:
        raise MrfedError(Code.DATA_MISSING, f"site {site.name}: run mrfed-site prepare for {study.name} first")
    return of_patients
