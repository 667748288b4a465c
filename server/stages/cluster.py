"""Find the habitats that all sites share, once with all of them and once without each left-out one."""

from server.federation import Federation
from shared import clusterings
from shared.arrays import Arrays
from shared.clusters import Clusters
from shared.contract import Step
from shared.omissions import omissions


def cluster(federation: Federation) -> tuple[Clusters, ...]:
    """Ask for moments, then for cells, then for sums of clusters until nothing moves or the rounds are over.

    Returns
    -------
    the habitats of each omission; none where the study asks for none

    Raises
    ------
    MrfedError where the voxels of all sites differ too little for the number of habitats.
    """
    study, habitats = federation.study, federation.study.habitats
    if habitats is None:
        return ()
    sizes = clusterings.sizes(habitats, len(omissions(study, federation.enrolled)))
    moments = federation.ask(Step.VOXELS, sizes).totals
    cells = federation.ask(Step.CELLS, sizes).totals
    rounds: list[Arrays] = []
    searches = clusterings.searches(habitats, moments, cells, rounds)
    while not clusterings.finished(searches):
        rounds.append(federation.ask(f"{Step.CLUSTER}-{len(rounds)}", sizes).totals)
        searches = clusterings.searches(habitats, moments, cells, rounds)
    return clusterings.conclude(searches)
