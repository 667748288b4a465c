"""Thresholds: scores of training patients, counted, by which patients will be called."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.local_models import LocalModels
from client.exchange.state.predictions import Judgement
from shared.contract.axes import SIDES_OF_A_CLASS
from shared.federation.messages import Question
from shared.metrics import score_histogram
from shared.study.plan import shows_own_models
from shared.training.fitted_model import room
from shared.training.thresholds import places


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Counts of every arm and outer fit; scores come from the inner fits where there are any.

    And this site's own model, which the others try, where the study lets a site's sums be concluded.
    """
    del question
    judgement, bins = run.part(Judgement), run.study.evaluation.score_bins
    histograms = []
    for place in places(run.study, sum(fit.inner is None for fit in run.fits)):
        trains = run.trains(run.fits[place.outer])
        risk = judgement.risks(place.arm, place.outer, training=True)[:, place.target]
        rows = trains & np.isfinite(risk)
        counted = score_histogram.count(risk[rows], run.kind[rows] == place.target, bins)
        histograms.append(counted.astype(float))
    own = np.zeros((0, len(run.roster), 0))
    if shows_own_models(run.study):
        model, columns = run.part(LocalModels).own_model, room(run.study, len(run.table.features))
        own = np.zeros((1, len(run.roster), columns))
        own[0, run.roster.index(run.site.name)] = 0.0 if model is None else model.row(columns)
    scores = np.stack(histograms) if histograms else np.zeros((0, SIDES_OF_A_CLASS, bins))
    return PlaintextAnswer({"training_scores": scores, "own_models": own})
