"""The site probes: sums of labels that chance deals, trees that grow by a level, and what they guess."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.probing import Probing
from harmonization import fits, trials
from harmonization.products import site_products
from shared.contract.schedule import made
from shared.federation.messages import Question
from shared.step import Step


def labels(run: Run, question: Question) -> PlaintextAnswer:
    """Totals of every dealt batch over all patients, products of the features, and counts in ranges of them."""
    del question
    probing, incomplete = run.part(Probing), run.part(Harmonized).incomplete
    patients = probing.patients
    known = np.nan_to_num(patients.before)
    products = site_products(known, np.zeros(len(known)))
    totals = trials.dealt_totals(patients, probing.plan.classes, probing.centre_z, incomplete)
    arrays = {
        **fits.flat(totals),
        "total": products.total,
        "second": products.second,
        "in_range": trials.cells(known),
    }
    return PlaintextAnswer(arrays)


def grow(run: Run, question: Question) -> PlaintextAnswer:
    """Counts for every trial at once, and before the first level the sums of the linear probes."""
    probing, level = run.part(Probing), made(question.after, Step.PROBE_GROW)
    sides, means = trials.level_sums(probing.patients, probing.dealt, probing.grown(level))
    opening = means[None] if level == 0 else means[None][:0]
    return PlaintextAnswer({"sides": sides, "means": opening})


def predict(run: Run, question: Question) -> PlaintextAnswer:
    """Counts for every table: before, after, and after ComBat on each deal of labels."""
    probing = run.part(Probing)
    grown = probing.grown(made(question.after, Step.PROBE_GROW))
    counts = trials.scored(probing.patients, probing.dealt, grown)
    return PlaintextAnswer({"guesses": counts})
