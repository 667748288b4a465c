"""The search for habitats: moments of the tumours' voxels, where they lie, and rounds; each patient weighs 1."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.clustering import Clustering
from shared.clustering import clusterings
from shared.clustering.clusters import moments_of
from shared.clustering.start import cell_of
from shared.contract.schedule import made
from shared.federation.messages import Question
from shared.privacy.effective_sample_size import effective_number
from shared.step import Step


def voxels(run: Run, question: Question) -> PlaintextAnswer:
    """Moments over the maps: sums over the patients of every omission; zeros where it leaves this site out."""
    del question
    own = run.part(Clustering)
    return PlaintextAnswer(clusterings.moments(own.both, run.included))


def cells(run: Run, question: Question) -> PlaintextAnswer:
    """Weights and sums of parts of the maps' range, from whose means the search begins.

    Zeros in those of too few of this site's patients: a start can do without.
    """
    del question
    own, totals = run.part(Clustering), run.told(Step.VOXELS)
    arrays = clusterings.cells(own.both, run.included, totals)
    count = arrays["cell_weight"].shape[1]
    for number, included in enumerate(run.included):
        if not included:
            continue
        cell = cell_of(own.voxels.vectors, moments_of(clusterings.of_omission(totals, number)))
        place = own.voxels.patient * count + cell
        weights = np.bincount(place, own.voxels.weights, own.voxels.patients * count).reshape(-1, count)
        few = effective_number(weights.T) < own.least
        arrays["cell_weight"][number, few] = 0
        arrays["cell_total"][number, few] = 0
    return PlaintextAnswer(arrays)


def cluster(run: Run, question: Question) -> PlaintextAnswer:
    """Sums of the habitats where the totals so far lead, for every number of them that is tried."""
    own = run.part(Clustering)
    searches = own.searches(made(question.after, Step.CLUSTER))
    own.require_enough_patients(searches)
    return PlaintextAnswer(clusterings.rounds(own.both, run.included, searches))
