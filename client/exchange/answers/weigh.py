"""Weighing: how many patients train each fit of a network, and that all start from the same weights."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.network import NetworkTraining
from shared.federation.messages import Question
from shared.networks import weights as packed


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Counts and sums of clinical variables, as sums over all sites; the hash of the start."""
    del question
    training = run.part(NetworkTraining)
    return PlaintextAnswer(training.sums(), {"start": packed.digest(training.start)}, training.sizes)
