"""The probes guess: patients who did not train them, by the probability that they give to each site."""

from client.answers.draft import Draft
from client.derived.probing import Probing
from client.run import Run
from harmonization import trials
from shared.contract import Step
from shared.course import made
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Counts for every table: before, after, and after ComBat on each deal of labels."""
    probing = run.part(Probing)
    grown = probing.grown(made(question.after, Step.DIVIDE))
    counts = trials.scored(probing.patients, probing.dealt, grown)
    return Draft({"guesses": counts}, sizes=probing.axes() | {"ranges": trials.SCORES})
