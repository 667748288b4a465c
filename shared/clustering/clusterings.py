"""The clusterings of a study: of all sites, and once more without each left-out site, in the same exchanges.

Three kinds of exchange: moments (`voxels`), cells, then rounds (`cluster-0` and on). Every array has the omissions on
its leading axis; a site adds zeros to those that leave it out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.arrays import Arrays
from shared.clustering.clusters import Clusters, Search, moments_of, search_of
from shared.clustering.start import Moments, cell_sums
from shared.errors import Code, MrfedError
from shared.sections.radiomics import Habitats

Array = NDArray[np.float64]
Voxels = tuple[Array, Array]
"""(n, d) vectors in the maps' units, and (n,) weights."""


def moments(voxels: Voxels, included: Sequence[bool]) -> dict[str, Array]:
    """Moments of a site's voxels: its answer to the first exchange.

    Parameters
    ----------
    voxels : of the site
    included : for each omission, whether the site is in it
    """
    own = Moments.of(*voxels)
    sums = {
        "weight": np.array(own.weight),
        "first": own.first,
        "second": own.second,
        "voxels": np.array(own.voxels),
    }
    return {name: np.stack([total * inside for inside in included]) for name, total in sums.items()}


def cells(voxels: Voxels, included: Sequence[bool], moment_totals: Arrays) -> dict[str, Array]:
    """Sums over the cells of a site's voxels: its answer to the second exchange.

    Parameters
    ----------
    voxels, included : as for `moments`
    moment_totals : totals of the first exchange
    """
    sums = [cell_sums(*voxels, moments_of(of_omission(moment_totals, number))) for number in range(len(included))]
    return {
        "cell_weight": np.stack([weight * inside for (weight, _), inside in zip(sums, included, strict=True)]),
        "cell_total": np.stack([total * inside for (_, total), inside in zip(sums, included, strict=True)]),
    }


def rounds(voxels: Voxels, included: Sequence[bool], searches: Sequence[Search]) -> dict[str, Array]:
    """Sums over the clusters of a site's voxels: its answer to the next round.

    Parameters
    ----------
    voxels, included : as for `moments`
    searches : where each omission's search stands
    """
    vectors, weights = voxels
    of_each = []
    for search, inside in zip(searches, included, strict=True):
        taken = slice(None) if inside else slice(0)
        of_each.append(search.sums(vectors[taken], weights[taken]))
    return {name: np.stack([sums[name] for sums in of_each]) for name in of_each[0]}


def of_omission(totals: Arrays, number: int) -> dict[str, Array]:
    """The totals of one omission, of any of the exchanges."""
    return {name: total[number] for name, total in totals.items()}


def searches(
    habitats: Habitats, moment_totals: Arrays, cell_totals: Arrays, round_totals: Sequence[Arrays]
) -> list[Search]:
    """Where the search of each omission stands after the totals so far."""
    return [
        search_of(
            habitats,
            of_omission(moment_totals, number),
            of_omission(cell_totals, number),
            [of_omission(total, number) for total in round_totals],
        )
        for number in range(len(moment_totals["weight"]))
    ]


def finished(every: Sequence[Search]) -> bool:
    """Whether no omission needs a further exchange."""
    return all(search.finished for search in every)


def conclude(every: Sequence[Search]) -> tuple[Clusters, ...]:
    """The clusters of each omission: as many in each as the criterion prefers for all sites, so that columns agree.

    Raises
    ------
    MrfedError where no round was made.
    """
    if not every[0].merits:
        raise MrfedError(Code.NOT_CONVERGED, "the search for habitats made no round; resume the run")
    return tuple(search.clusters(every[0].preferred) for search in every)
