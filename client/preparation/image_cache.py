"""Images kept between two passes over a patient, so that the second need not read and align them anew.

A file is named after the digest of the patient's files and settings, which is all that it depends on. It goes as soon
as it was used, or when it is old, and none is kept beyond the site's limit. Where there is none, images are read again.
"""

import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared import arrays
from shared.arrays import Array, Arrays

DAYS = 30.0
"""After which a file that nobody has used is of no study that still runs."""
_GB = 1e9


@dataclass(frozen=True)
class KeptImages:
    """The folder of a site.

    Parameters
    ----------
    folder : in the workspace
    limit_gb : most that all files may take
    """

    folder: Path
    limit_gb: float

    def keep(self, key: str, content: Arrays) -> None:
        """Keep what belongs to a key, if there is room.

        Raises
        ------
        OSError where the disk cannot be written.
        """
        if self._size() + sum(array.nbytes for array in content.values()) <= self.limit_gb * _GB:
            arrays.save(self._path(key), content)

    def find(self, key: str) -> dict[str, Array] | None:
        """What was kept; None where there is nothing whole."""
        try:
            return arrays.load(self._path(key))
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None

    def forget(self, key: str) -> None:
        """Let go of what was used."""
        self._path(key).unlink(missing_ok=True)

    def forget_old(self) -> None:
        """Let go of what nobody has used for long."""
        for path in self.folder.glob("*.npz"):
            with suppress(FileNotFoundError):  # somebody else let go of it meanwhile
                if time.time() - path.stat().st_mtime > DAYS * 86400:
                    path.unlink()

    def _size(self) -> int:
        total = 0
        for path in self.folder.glob("*.npz"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"
