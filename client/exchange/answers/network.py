"""A network's training: who trains it, rounds in which each site moves its weights, and where it looks at last."""

import numpy as np

from client.approval import privacy_budget
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.network import NetworkTraining
from client.networks import accounting
from client.networks.explain import attention
from shared.arrays import Array
from shared.federation.messages import Question
from shared.networks import weights as packed
from shared.privacy.disclosure_rules import require_enough_together
from shared.sections.privacy import SiteSums
from shared.step import Step


def training_weights(run: Run, question: Question) -> PlaintextAnswer:
    """Counts and sums of clinical variables, as sums over all sites; the hash of the start."""
    del question
    training = run.part(NetworkTraining)
    return PlaintextAnswer(training.sums(), {"start": packed.digest(training.start)})


def round_(run: Run, question: Question) -> PlaintextAnswer:
    """The model that came in is judged, then trained: how it does, and how its weights change, in every fit."""
    totals = run.told(Step.TRAINING_WEIGHTS)
    policy = run.approved.approval.policy
    require_enough_together(policy, run.study, totals["class_totals"][0], len(run.roster))
    training = run.part(NetworkTraining)
    turn = int(question.step.rpartition("-")[2])
    if (privacy := training.network.differential_privacy) is not None:
        counts = training.turns.patients.tolist()
        released = accounting.releases(counts, turn + 1, training.network.training, privacy)
        privacy_budget.spend(run.site, run.approved, released)
    trained = training.turns.answer(training.state(turn), training.training_weights, training.progress(question.step))
    none = np.zeros(len(run.fits))
    arrays: dict[str, Array] = {
        "update": trained["update"],
        "control": trained["control"][np.newaxis] if "control" in trained else np.zeros((0, *trained["update"].shape)),
        "effort": trained.get("effort", none),
        "loss": trained["loss"],
        "judged": trained["judged"],
        "concordant": trained.get("concordant", none),
        "pairs": trained.get("pairs", none),
    }
    if run.study.privacy.site_sums is SiteSums.DERIVABLE:
        arrays["site_loss"] = trained["loss"] / np.maximum(trained["judged"], 1)
    return PlaintextAnswer(arrays)


def explain(run: Run, question: Question) -> PlaintextAnswer:
    """Where the final network looks: sums over this site's patients; no picture leaves."""
    del question
    training = run.part(NetworkTraining)
    weights = training.last().final()[0]
    everyone = training.turns.of(0, training.turns.trains[0] | training.turns.judges[0])
    sums = attention(training.turns.model, everyone, weights)
    return PlaintextAnswer({"attention": sums})
