"""Normalizing transforms: what the sites need to choose each feature's transform together, for every fit."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from harmonization.normal_scores import CELLS, cell_counts
from harmonization.normalizing_transform import centres
from harmonization.power import GRID, power_sums
from shared.arrays import Array
from shared.contract.transform import POWERED, RANKED
from shared.federation.messages import Question
from shared.privacy.disclosure_rules import require_enough_together
from shared.step import Step


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums under every power of the grid, or patients in every range of a feature, over training patients."""
    del question
    totals = run.told(Step.DESCRIBE)
    require_enough_together(run.approved.approval.policy, run.study, totals["class_totals"], len(run.roster))
    centre, harmonized = centres(totals), run.part(Harmonized)
    units = [
        centre.fit(index).units(harmonized.cohort_of(fit).x[run.trains(fit)]) for index, fit in enumerate(run.fits)
    ]
    fits, f = len(run.fits), len(run.table.features)
    arrays: dict[str, Array] = {
        "count": np.zeros((0, fits, f)),
        "first": np.zeros((0, fits, len(GRID), f)),
        "second": np.zeros((0, fits, len(GRID), f)),
        "bend": np.zeros((0, fits, f)),
        "cells": np.zeros((0, fits, f, CELLS)),
    }
    if POWERED.length(run.facts):
        sums_of_units = [power_sums(unit).arrays() for unit in units]
        arrays |= {name: np.stack([of_unit[name] for of_unit in sums_of_units])[None] for name in sums_of_units[0]}
    if RANKED.length(run.facts):
        arrays["cells"] = np.stack([cell_counts(unit) for unit in units])[None]
    return PlaintextAnswer(arrays)
