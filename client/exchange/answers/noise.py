"""A study with noise: all that the models are made of and judged by, with this site's share of the noise."""

import numpy as np

from client.approval import privacy_budget
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.readiness import require_rules_kept
from client.exchange.run import Run
from client.exchange.state.bounded import Bounded
from shared.federation.messages import Question
from shared.metrics import score_histogram
from shared.privacy.accountant import Release
from shared.privacy.noise import noisy
from shared.privacy.regression import RELEASES, models, products, risks
from shared.sections.model import LogisticSettings
from shared.step import Step


def sums(run: Run, question: Question) -> PlaintextAnswer:
    """Hessian and gradient at zero over the patients of each fold. The cost is booked before the noise is drawn."""
    require_rules_kept(run, run.people)
    noise = privacy_budget.noise_of(run.study, len(question.roster))
    privacy_budget.spend(run.site, run.approved, (Release(multiplier=noise.multiplier, times=RELEASES),))
    parts = run.study.evaluation.folds
    bounded = run.part(Bounded)
    exact = products(bounded.rows, run.table.y == 1, bounded.part, parts)
    return PlaintextAnswer({name: noisy(value, noise.products, noise.honest) for name, value in exact.items()})


def scores(run: Run, question: Question) -> PlaintextAnswer:
    """How many patients score in each range under the model that has not seen them."""
    noise = privacy_budget.noise_of(run.study, len(question.roster))
    assert isinstance(run.study.model, LogisticSettings)  # noise goes with no other kind
    fitted = models(run.told(Step.NOISY_SUMS), noise, run.study.model.c)
    bounded = run.part(Bounded)
    risk = np.empty(len(run.table.y))
    for part in range(run.study.evaluation.folds):
        risk[bounded.part == part] = risks(bounded.rows[bounded.part == part], fitted[1 + part])
    bins = run.study.evaluation.score_bins
    counts = score_histogram.count(risk, run.table.y == 1, bins).astype(float)
    return PlaintextAnswer({"noisy_scores": noisy(counts, noise.scores, noise.honest)})
