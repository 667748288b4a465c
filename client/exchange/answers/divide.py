"""The probes' trees grow by a level: patients on the two sides of each rule that a node may choose."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.probing import Probing
from harmonization import trials
from shared.federation.messages import Question
from shared.step import Step
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Counts for every trial at once, and before the first level the sums of the linear probes."""
    probing, level = run.part(Probing), made(question.after, Step.PROBE_GROW)
    sides, means = trials.level_sums(probing.patients, probing.dealt, probing.grown(level))
    opening = means[None] if level == 0 else means[None][:0]
    return PlaintextAnswer({"sides": sides, "means": opening}, sizes=probing.axes(level))
