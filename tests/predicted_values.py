"""Predicted and observed values of a study of a number, read from its sites and counted by hand."""

import numpy as np

from client.exchange.state.predictions import Judgement
from shared.study.plan import Arm, View
from tests.study_of_tables import Finished


def outcome(done: Finished, scaled: np.ndarray) -> np.ndarray:
    endpoint = done.study.question.endpoint
    return endpoint.middle + endpoint.half_range * scaled


def pairs(done: Finished, arm: Arm, view: View) -> list[tuple[np.ndarray, np.ndarray]]:
    """Predicted and observed values of every site, in the endpoint's unit."""
    ranked = []
    for run in done.runs:
        seen, values = run.part(Judgement).evaluated(arm, view, 0)
        ranked.append((outcome(done, values[seen, 0]), outcome(done, run.table.y[seen])))
    return ranked


def concordance(p: np.ndarray, t: np.ndarray) -> tuple[float, int]:
    """By going through all pairs."""
    u, count = 0.0, 0
    for first in range(len(t)):
        for other in range(first):
            if t[first] != t[other]:
                count += 1
                u += ((p[first] - p[other]) * (t[first] - t[other]) > 0) + (p[first] == p[other]) / 2
    return u, count
