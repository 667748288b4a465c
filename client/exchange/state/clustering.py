"""The search for habitats at a site: its voxels, and where the totals of all sites lead."""

from functools import cached_property

import numpy as np

from client.cohort.table import Table
from client.exchange.run import Run
from client.preparation import voxel_file
from client.preparation.paths import voxel_file as voxel_path
from client.preparation.voxel_file import SiteVoxels
from shared.clustering import clusterings
from shared.clustering.clusters import Search
from shared.errors import Code, MrfedError
from shared.privacy.effective_sample_size import effective_number
from shared.sections.radiomics import Habitats
from shared.step import Step


class Clustering:
    """Voxels of the patients who enter the study, and the searches of all omissions.

    Parameters
    ----------
    run : the site's part in the run of a study with habitats
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def habitats(self) -> Habitats:
        """The study's section."""
        assert self._run.study.habitats is not None
        return self._run.study.habitats

    @cached_property
    def voxels(self) -> SiteVoxels:
        """Voxels of the patients who enter the study, as far as features without habitats tell.

        Raises
        ------
        MrfedError (`TOO_FEW_PATIENTS`) where sums over them would be about fewer patients than the minimum.
        """
        run = self._run
        if run.standards:
            run.feature_tables  # noqa: B018 (made with the voxels beside them, which no normalization changes)
        path = voxel_path(run.site, run.study, next(iter(run.standards), None))
        voxels = voxel_file.read_all(path, run.people.patients.tolist())
        least = max(run.study.privacy.minimum_patients, self.least)
        if voxels.patients < least:
            raise MrfedError(
                Code.TOO_FEW_PATIENTS,
                f"site {run.site.name}: {voxels.patients} patients have voxels of which habitats are made, and the "
                f"minimum is {least}",
            )
        return voxels

    @property
    def least(self) -> int:
        """Patients whom, by the site's policy, anything that can be concluded is about at least."""
        return self._run.approved.approval.policy.minimum_patients

    @property
    def both(self) -> clusterings.Voxels:
        """Vectors and weights."""
        return self.voxels.vectors, self.voxels.weights

    def searches(self, rounds: int) -> list[Search]:
        """Where every search stands after so many rounds."""
        run = self._run
        moments = [run.told(f"{Step.CLUSTER}-{number}") for number in range(rounds)]
        return clusterings.searches(self.habitats, run.told(Step.VOXELS), run.told(Step.CELLS), moments)

    def require_not_few_lost(self, table: Table) -> None:
        """Refuse to go on where a few patients entered the search, but lack features now.

        Sums of the search and of features, of which some are about the same numbers, would differ by them.

        Parameters
        ----------
        table : who has features of habitats

        Raises
        ------
        MrfedError (`TOO_FEW_PATIENTS`) with how many they are.
        """
        if not any(self._run.included):  # nobody here entered the search
            return
        lost = int((~np.isin(self.voxels.names, table.patients)).sum())
        if 0 < lost < self.least:
            raise MrfedError(
                Code.TOO_FEW_PATIENTS,
                f"site {self._run.site.name}: {lost} patients entered the search for habitats, but lack features of "
                f"them, and could be concluded; the minimum is {self.least}. Ask for fewer habitats, or say in the "
                "study how missing features are dealt with",
            )

    def require_enough_patients(self, searches: list[Search]) -> None:
        """Refuse clusters that single out too few of this site's patients.

        That also stops totals that were made up to fence off one patient's voxels.

        Raises
        ------
        MrfedError (`REFUSED`) naming the cluster.
        """
        for search, included in zip(searches, self._run.included, strict=True):
            if included:
                require_enough_patients(search, self.voxels, self.least, f"site {self._run.site.name}")


def require_enough_patients(search: Search, voxels: SiteVoxels, least: int, where: str) -> None:
    """Refuse the sums of clusters that are about too few patients.

    A patient's weight in a cluster's sums is the share of her voxels that belong to it.

    Parameters
    ----------
    search : where the totals lead
    voxels : of the site
    least : effective number of patients in every cluster that has any
    where : for the error

    Raises
    ------
    MrfedError (`REFUSED`) naming the cluster.
    """
    for count, shares in zip(search.habitats.clusters, search.belonging(voxels.vectors), strict=True):
        for number, column in enumerate((shares * voxels.weights[:, None]).T, start=1):
            patients = float(effective_number(np.bincount(voxels.patient, column, voxels.patients)))
            if 0 < patients < least:
                raise MrfedError(
                    Code.REFUSED,
                    f"{where}: habitat {number} of {count} is about {patients:.1f} patients here, fewer than {least}; "
                    "ask for fewer habitats, or for maps with fewer outliers",
                )
