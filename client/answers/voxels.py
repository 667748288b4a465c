"""Voxels: moments of the tumours' voxels over the maps of which habitats are made; each patient weighs 1."""

from client.answers.draft import Draft
from client.derived.clustering import Clustering
from client.run import Run
from shared.clustering import clusterings
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Sums over the patients of every omission; zeros where it leaves this site out."""
    del question
    own = run.part(Clustering)
    return Draft(clusterings.moments(own.both, run.included))
