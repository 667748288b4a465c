"""The site's patients in a study with noise: bounded rows, and folds that no other patient bears on."""

import hashlib
from functools import cached_property

import numpy as np

from client.exchange.run import Run
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.privacy import regression


class Bounded:
    """What each patient adds to the sums.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def rows(self) -> Array:
        """(n, 1 + features) as `shared.privacy.regression.rows` bounds them.

        Raises
        ------
        MrfedError (`DATA_MISSING`) where the table lacks a feature with a declared range.
        """
        run, noise = self._run, self._run.study.privacy.noise
        assert noise is not None
        place = {name: index for index, name in enumerate(run.table.features)}
        if missing := [bounds.feature for bounds in noise.ranges if bounds.feature not in place]:
            raise MrfedError(
                Code.DATA_MISSING, f"site {run.site.name}: {run.study.name} needs the features {', '.join(missing)}"
            )
        return regression.rows(run.table.x[:, [place[bounds.feature] for bounds in noise.ranges]], noise)

    @cached_property
    def part(self) -> Array:
        """(n,) fold of each patient, from her identifier alone.

        Folds that are balanced over all patients would move others when one comes or goes; the noise covers one.
        """
        run = self._run
        seed = f"{run.study.evaluation.seed} {run.site.name}"
        drawn = (hashlib.sha256(f"{seed} {patient}".encode()).digest() for patient in run.table.patients)
        return np.array([int.from_bytes(digest[:8], "big") % run.study.evaluation.folds for digest in drawn])
