"""Standard histograms at a site: the landmarks of its patients."""

from functools import cached_property

from client.exchange.readiness import require_rules_kept
from client.exchange.run import Run
from shared.arrays import Array
from shared.clustering.standard_histogram import LANDMARKS


class Standardizing:
    """Landmarks of the patients who enter the study, as far as can be told before they have features.

    Parameters
    ----------
    run : the site's part in the run of a study that normalizes by standard histograms
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def landmarks(self) -> Array:
        """(n, images, landmarks) on the scale 0 to 100.

        Raises
        ------
        MrfedError (`TOO_FEW_PATIENTS`) where sums over these patients must not leave.
        """
        people = self._run.people
        require_rules_kept(self._run, people)
        return people.x.reshape(len(people.x), len(self._run.study.standardized), LANDMARKS)
