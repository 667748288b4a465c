"""Inventory: how many patients this site has, which features of them, and how large these are."""

import numpy as np

from client.cohort.batches import joined_here
from client.exchange.answers.plaintext import PlaintextAnswer, suppressed
from client.exchange.readiness import require_rules_kept
from client.exchange.run import Run
from client.exchange.state.clustering import Clustering
from harmonization.design import encodings
from shared.arrays import Array
from shared.contract import scales
from shared.errors import Code, MrfedError
from shared.federation.messages import Question


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Counts (suppressed under the minimum), names of features, categories and scales."""
    del question
    require_rules_kept(run, run.table)
    if run.study.habitats is not None:
        run.part(Clustering).require_not_few_lost(run.table)
    table, least = run.table, run.study.privacy.minimum_patients
    reasons = sorted(table.exclusions)
    classes = np.bincount(run.kind, minlength=max(len(run.study.question.endpoint.classes), 1))
    categories = {
        covariate.column: _levels(covariate.column, table.covariates[covariate.column], least)
        for covariate in run.study.covariates
        if covariate.kind == "categorical"
    }
    design, _ = run.design(categories)
    widths = [len(encoding.columns) for encoding in encodings(run.study.harmonization.covariates, categories)]
    scanners, patients = np.unique(table.scanner, return_counts=True)
    tables = table.variants or (table.x,)
    exclusions = np.array([table.exclusions[reason] for reason in reasons], dtype=np.int64)
    return PlaintextAnswer(
        arrays={
            "patients": np.array(len(table.y)),
            # One hidden count and the total would give the other away.
            "class_counts": classes if _shown(classes, least) else suppressed(classes, len(table.y) + 1),
            "exclusions": suppressed(exclusions, least),
            "magnitude": scales.exponent(np.nan_to_num(np.vstack(tables))),
            "spread": scales.exponent(np.vstack([_within(x, run.batch) for x in tables])),
            "covariate_magnitude": scales.by_covariate(scales.exponent(design), widths),
            "covariate_spread": scales.by_covariate(scales.exponent(_within(design, run.batch)), widths),
        },
        texts={
            "features": list(table.features),
            "categories": categories,
            "reasons": [str(reason) for reason in reasons],
            "scanners": [str(scanner) for scanner, count in zip(scanners, patients, strict=True) if count >= least],
            "settings": table.settings,
            "joined": list(joined_here(run.study.harmonization, table.batch)),
        },
    )


def _shown(counts: Array, least: int) -> bool:
    return bool(((counts == 0) | (counts >= least)).all())


def _levels(covariate: str, values: Array, least: int) -> list[str]:
    """Values of a categorical covariate; one of too few patients may not be named, and might even be a name."""
    levels, patients = np.unique(values, return_counts=True)
    if (patients < least).any():
        rare = ", ".join(repr(str(level)) for level in levels[patients < least])
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"covariate {covariate}: {rare} is the value of fewer than {least} patients each; merge it with another in "
            "the clinical table, or leave these patients out",
        )
    return [str(level) for level in levels]


def _within(values: Array, batch: Array) -> Array:
    """Distances from the mean of each patient's batch; 0 where a value is missing."""
    centred = np.empty_like(values, dtype=np.float64)
    for label in np.unique(batch):
        rows = batch == label
        present = ~np.isnan(values[rows])
        mean = np.where(present, values[rows], 0.0).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
        centred[rows] = np.where(present, values[rows] - mean, 0.0)
    return centred
