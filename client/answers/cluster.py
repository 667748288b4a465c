"""Cluster: sums of the clusters where the totals so far lead, for every number of habitats that is tried."""

from client.answers.draft import Draft
from client.derived.clustering import Clustering
from client.run import Run
from shared.clustering import clusterings
from shared.contract import Step
from shared.course import made
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Sums over the patients of every omission; zeros where it leaves this site out."""
    own = run.part(Clustering)
    searches = own.searches(made(question.after, Step.CLUSTER))
    own.require_enough_patients(searches)
    return Draft(clusterings.rounds(own.both, run.included, searches))
