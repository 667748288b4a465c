"""Crops kept on the disk, by what they were made of: the same files and settings are not computed again."""

import logging
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

from shared import arrays as files
from shared.arrays import Array
from shared.files import document

log = logging.getLogger(__name__)


class Cache:
    """Named arrays by key.

    Parameters
    ----------
    folder : where they lie, one file a key
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: object, make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """What was kept under a key, or what `make` makes, kept from now on.

        A file that is broken (its checksums tell) is made anew.

        Parameters
        ----------
        key : anything that `document.digest` takes: hashes of files, settings
        make : makes the arrays
        """
        path = self._folder / f"{document.digest(key)}.npz"
        try:
            return files.load(path)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            log.warning("%s is broken (%s) and is made anew", path.name, type(error).__name__)
        made = make()
        files.save(path, made)
        return made
