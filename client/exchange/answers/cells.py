"""Cells: sums over parts of the maps' range, from whose means the search for habitats begins."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.clustering import Clustering
from shared.clustering import clusterings
from shared.clustering.clusters import moments_of
from shared.clustering.start import cell_of
from shared.federation.messages import Question
from shared.privacy.effective_sample_size import effective_number
from shared.step import Step


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Weights and sums of every cell; zeros in those of too few of this site's patients: a start can do without."""
    del question
    own, told = run.part(Clustering), run.told(Step.VOXELS)
    arrays = clusterings.cells(own.both, run.included, told)
    cells = arrays["cell_weight"].shape[1]
    for number, included in enumerate(run.included):
        if not included:
            continue
        cell = cell_of(own.voxels.vectors, moments_of(clusterings.of_omission(told, number)))
        place = own.voxels.patient * cells + cell
        weights = np.bincount(place, own.voxels.weights, own.voxels.patients * cells).reshape(-1, cells)
        few = effective_number(weights.T) < own.least
        arrays["cell_weight"][number, few] = 0
        arrays["cell_total"][number, few] = 0
    return PlaintextAnswer(arrays, sizes={"cells": cells})
