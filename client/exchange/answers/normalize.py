"""Normalize: sums of the landmarks of images, from which all sites learn one standard histogram."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.standard_histogram import Standardizing
from shared.clustering import standard_histogram
from shared.federation.messages import Question


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over the patients of every omission; zeros where it leaves this site out."""
    del question
    return PlaintextAnswer(standard_histogram.sums(run.part(Standardizing).landmarks, run.included))
