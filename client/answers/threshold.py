"""Thresholds: scores of training patients, counted, by which patients will be called."""

import numpy as np

from client.answers.draft import Draft
from client.derived.judgement import Judgement
from client.run import Run
from shared.contract import SIDES
from shared.messages import Question
from shared.metrics import score_histogram
from shared.thresholds import places


def answer(run: Run, question: Question) -> Draft:
    """Counts of every arm and outer fit; scores come from the inner fits where there are any."""
    del question
    judgement, bins = run.part(Judgement), run.study.evaluation.score_bins
    found = []
    for place in places(run.study, sum(fit.inner is None for fit in run.fits)):
        trains = run.trains(run.fits[place.outer])
        risk = judgement.risks(place.arm, place.outer, training=True)[:, place.target]
        rows = trains & np.isfinite(risk)
        counted = score_histogram.count(risk[rows], run.kind[rows] == place.target, bins)
        found.append(counted.astype(float))
    return Draft({"training_scores": np.stack(found)}, sizes={"bins": bins, "sides": SIDES, "thresholds": len(found)})
