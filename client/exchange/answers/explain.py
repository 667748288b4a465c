"""Explanation: where the final network looks, as sums over patients; no picture leaves."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.network import NetworkTraining
from client.networks.explain import ATTENTIONS, MEASURES, attention
from shared.federation.messages import Question


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over this site's patients."""
    del question
    training = run.part(NetworkTraining)
    weights = training.last().final()[0]
    everyone = training.turns.of(0, training.turns.trains[0] | training.turns.judges[0])
    sums = attention(training.turns.model, everyone, weights)
    return PlaintextAnswer({"attention": sums}, sizes={"attentions": len(ATTENTIONS), "measures": len(MEASURES)})
