"""Scores: how many patients score in each range under the model that has not seen them, with noise."""

import numpy as np

from client.approval import privacy_budget
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.bounded import Bounded
from shared.federation.messages import Question
from shared.metrics import score_histogram
from shared.privacy.noise import noisy
from shared.privacy.regression import models, risks
from shared.step import Step


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """All that the models are judged by."""
    noise = privacy_budget.noise_of(run.study, len(question.roster))
    fitted = models(run.told(Step.NOISY_SUMS), noise, run.study.model.c)
    bounded = run.part(Bounded)
    risk = np.empty(len(run.table.y))
    for part in range(run.study.evaluation.folds):
        risk[bounded.part == part] = risks(bounded.rows[bounded.part == part], fitted[1 + part])
    bins = run.study.evaluation.score_bins
    counts = score_histogram.count(risk, run.table.y == 1, bins).astype(float)
    return PlaintextAnswer({"noisy_scores": noisy(counts, noise.scores, noise.honest)}, sizes={"bins": bins})
