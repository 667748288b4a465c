"""CovBat's exchange: products of what harmonized features deviate from the common model by, for every fit."""

import numpy as np

from client.cohort.harmonize import residuals
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from harmonization.products import site_products
from shared.federation.messages import Question


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Products over the training patients of every fit, together and within batches."""
    del question
    harmonized, parts = run.part(Harmonized), []
    for index, fit in enumerate(run.fits):
        fitted, rows = harmonized.combat(index), run.trains(fit)
        residual = residuals(harmonized.cohort_in(index), fitted, harmonized.effects(index, fitted))
        parts.append(site_products(residual[rows], run.batch[rows]).arrays())
    arrays = {name: np.stack([one[name] for one in parts]) for name in parts[0]}
    return PlaintextAnswer(arrays, sizes={"pairs": arrays["second"].shape[1]})
