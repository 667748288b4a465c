"""Crops cached on disk by the files and settings they were made from, so that none is computed twice."""

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
    folder : holds them, one file for each key
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: object, make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """The arrays cached under a key, or those that `make` returns, cached from then on.

        A file that is damaged (its checksums tell) is made again.

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
