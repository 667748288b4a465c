"""Find the habitats that all sites share, once with all of them and once without each left-out one."""

from server.federation import Federation
from shared.arrays import Arrays
from shared.clustering import clusterings
from shared.clustering.clusters import Clusters
from shared.results.habitat_model import HabitatModel, found_habitats
from shared.step import Step
from shared.study.omissions import omissions
from shared.study.plan import LeftOutSite


def habitat_model(federation: Federation) -> HabitatModel | None:
    """What the exchanges found, for the result; None where the study asks for no habitats."""
    habitats = federation.study.habitats
    if habitats is None:
        return None
    totals = {exchange.step: exchange.totals for exchange in federation.exchanges}
    rounds = [totals_of_round for step, totals_of_round in totals.items() if step.startswith(f"{Step.CLUSTER}-")]
    searches = clusterings.searches(habitats, totals[Step.VOXELS], totals[Step.CELLS], rounds)
    habitat_sets = []
    for number, left_out in enumerate(omissions(federation.study, federation.enrolled)):
        search, chosen = searches[number], searches[0].preferred
        k = habitats.clusters[chosen]
        weight = rounds[-1]["weight"][number, chosen, :k][search.order(chosen)]
        shares = tuple((weight / weight.sum()).tolist())
        without = left_out.name if isinstance(left_out, LeftOutSite) else None
        habitat_sets.append(found_habitats(without, search.clusters(chosen), shares))
    settled = all(search.at_rest for search in searches)
    return HabitatModel(maps=habitats.maps, rounds=len(rounds), settled=settled, found=tuple(habitat_sets))


def cluster(federation: Federation) -> tuple[Clusters, ...]:
    """Ask for sums of clusters until nothing moves or the rounds are over, and find the habitats of each omission.

    Raises
    ------
    MrfedError where the voxels of all sites differ too little for the number of habitats.
    """
    habitats = federation.study.habitats
    assert habitats is not None
    moments, cells = federation.totals(Step.VOXELS), federation.totals(Step.CELLS)
    rounds: list[Arrays] = []
    searches = clusterings.searches(habitats, moments, cells, rounds)
    while not clusterings.finished(searches):
        rounds.append(federation.ask(f"{Step.CLUSTER}-{len(rounds)}").totals)
        searches = clusterings.searches(habitats, moments, cells, rounds)
    return clusterings.conclude(searches)
