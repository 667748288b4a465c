"""The probes' first exchange: ComBat's totals for labels that chance dealt, and what thresholds are drawn from."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.probing import Probing
from harmonization import fits, trials
from harmonization.products import site_products
from shared.federation.messages import Question


def answer(run: Run, question: Question) -> PlaintextAnswer:
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
    sizes = probing.axes() | {"incomplete": len(incomplete), "ranges": arrays["in_range"].shape[1]}
    return PlaintextAnswer(arrays, sizes=sizes)
