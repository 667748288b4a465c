"""Voxels: moments of the tumours' voxels over the maps of which habitats are made; each patient weighs 1."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.clustering import Clustering
from shared.clustering import clusterings
from shared.federation.messages import Question


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over the patients of every omission; zeros where it leaves this site out."""
    del question
    own = run.part(Clustering)
    return PlaintextAnswer(clusterings.moments(own.both, run.included))
