"""The probes guess: patients who did not train them, by the probability that they give to each site."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.probing import Probing
from harmonization import trials
from shared.federation.messages import Question
from shared.step import Step
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Counts for every table: before, after, and after ComBat on each deal of labels."""
    probing = run.part(Probing)
    grown = probing.grown(made(question.after, Step.PROBE_GROW))
    counts = trials.scored(probing.patients, probing.dealt, grown)
    return PlaintextAnswer({"guesses": counts}, sizes=probing.axes() | {"ranges": trials.SCORES})
