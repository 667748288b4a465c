"""The probes' trees grow by a level: patients on the two sides of each rule that a node may choose."""

from client.answers.draft import Draft
from client.derived.probing import Probing
from client.run import Run
from harmonization import trials
from shared.contract import Step
from shared.course import made
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Counts for every trial at once, and before the first level the sums of the linear probes."""
    probing, level = run.part(Probing), made(question.after, Step.DIVIDE)
    sides, means = trials.level_sums(probing.patients, probing.dealt, probing.grown(level))
    opening = means[None] if level == 0 else means[None][:0]
    return Draft({"sides": sides, "means": opening}, sizes=probing.axes(level))
