"""Cluster: sums of the clusters where the totals so far lead, for every number of habitats that is tried."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.clustering import Clustering
from shared.clustering import clusterings
from shared.federation.messages import Question
from shared.step import Step
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over the patients of every omission; zeros where it leaves this site out."""
    own = run.part(Clustering)
    searches = own.searches(made(question.after, Step.CLUSTER))
    own.require_enough_patients(searches)
    return PlaintextAnswer(clusterings.rounds(own.both, run.included, searches))
