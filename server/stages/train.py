"""Standardise, select and train from sums, all fits in the same exchanges."""

import numpy as np

from harmonization.assess import axes
from server.federation import Federation
from server.stages.stability import stable_features
from server.state import Agreed, Harmonized, Trained
from shared.contract import Step
from shared.imputation import impute
from shared.models.newton import Newton, advance
from shared.select import choose
from shared.standardise import standard
from shared.value_histogram import BINS


def train(federation: Federation, agreed: Agreed, harmonized: Harmonized) -> Trained:
    """Newton steps until no coefficient of any fit changes, or the study's limit is reached."""
    study = federation.study
    classes = len(study.question.endpoint.classes)
    sizes = {
        "fits": len(agreed.fits),
        "features": len(agreed.features),
        "classes": classes,
        "value_bins": BINS,
        "incomplete": len(harmonized.incomplete),
        **axes(agreed.declared, classes),
    }
    moments = impute(federation.ask(Step.MOMENTS, sizes).totals, harmonized.incomplete)
    scale = standard(moments["class_totals"].sum(axis=1), moments["class_sums"].sum(axis=1), moments["sum_uu"])
    usable = ~scale.constant & stable_features(federation, agreed)
    selected = choose(study.selection, usable, moments["class_totals"], moments["class_sums"], moments["sum_uu"])
    p = 1 + selected.shape[1]
    sizes |= {"selected": p, "packed": p * (p + 1) // 2}
    newton = Newton.start(np.asarray((moments["class_totals"] > 0).all(axis=1)), p)
    iteration = 0
    while iteration < study.training.max_iterations and not newton.converged(study.training.tolerance):
        totals = federation.ask(f"{Step.TRAIN}-{iteration}", sizes).totals
        newton = advance(newton, dict(totals), study.model.c)
        iteration += 1
    converged = newton.converged(study.training.tolerance)
    return Trained(harmonized, scale, selected, newton, iteration, converged)
