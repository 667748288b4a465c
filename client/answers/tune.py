"""Tuning: the loss of every penalty on the training patients whom an inner fold leaves out."""

import numpy as np

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.run import Run
from shared.contract import Step
from shared.course import made
from shared.messages import Question
from shared.models.elastic_net import slopes
from shared.plan import feature_arms, inner_of


def answer(run: Run, question: Question) -> Draft:
    """Sums of losses, and of how many patients, for every arm, outer fit and inner fold."""
    learning = run.part(Learning)
    learned = learning.learned
    trained = learned.trainer(made(question.after, Step.TRAIN)).coefficients
    losses, counts = [], []
    for arm in feature_arms(run.study):
        for outer in range(learned.outer):
            for fit in inner_of(run.study, outer, learned.outer):
                rows = run.trains(run.fits[outer]) & (run.inner == run.fits[fit].inner)
                task = learned.task(arm, fit)
                usable = learned.trainer(made(question.after, Step.TRAIN)).usable[task]
                told = slopes(learning.designs(task)[rows], run.table.y[rows], trained[task])
                losses.append(told["loss"] * usable)
                counts.append(rows.sum() * usable)
    return Draft({"held_out_loss": np.stack(losses), "held_out": np.array(counts, dtype=float)})
