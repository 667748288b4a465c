"""What a strategy keeps at its site from round to round: control variates, norms, personal models.

One file for each round, written before the site answers. A round that is computed again reads the file of the round
before it, and so gives the same answer.
"""

from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from shared import arrays as files
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.strategies.strategy import Vectors

Fits = Mapping[int, Vectors]
"""Of each fit that this site trains, the strategy's `keeps`."""


class StrategyState:
    """A site's own vectors.

    Parameters
    ----------
    folder : holds the files; None keeps the vectors in memory
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[int, Fits] = {0: {}}

    def after(self, turns: int) -> Fits:
        """The state after a number of rounds.

        Raises
        ------
        MrfedError (`DATA_MISSING`) where the file of that round is missing or damaged.
        """
        if self._folder is None or turns == 0:
            return self._memory[turns]
        try:
            return _unpack(files.load(self._path(turns)))
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise MrfedError(
                Code.DATA_MISSING,
                f"{self._path(turns).name}: what this site kept of round {turns} cannot be read; restore the site's "
                "workspace, or start the run anew",
            ) from error

    def keep(self, turns: int, fits: Fits) -> None:
        """Write the state after a number of rounds, and delete what no later round will read."""
        if self._folder is None:
            self._memory = {turn: kept for turn, kept in self._memory.items() if turn >= turns - 1} | {turns: fits}
            return
        files.save(
            self._path(turns), {f"{fit}/{name}": vector for fit, own in fits.items() for name, vector in own.items()}
        )
        for path in self._folder.glob("kept-*.npz"):
            if int(path.stem.removeprefix("kept-")) < turns - 1:
                path.unlink()

    def _path(self, turns: int) -> Path:
        assert self._folder is not None
        return self._folder / f"kept-{turns}.npz"


def _unpack(arrays: Mapping[str, Array]) -> dict[int, dict[str, Array]]:
    fits: dict[int, dict[str, Array]] = {}
    for path, value in arrays.items():
        fit, name = path.split("/")
        fits.setdefault(int(fit), {})[name] = np.asarray(value)
    return fits
