"""Does the permutation test reject at its nominal rate where there is nothing to find? At feature level, many seeds.

Four sites with scanner effects and prevalences of their own, and no effect of the class. Each seed runs the whole
pipeline on pooled rows by the functions that sites and coordinator run: ComBat in every fold, ranking of features,
selection, standardization, training, and the same for every shuffle (`shared.training.local_training`,
`shared.training.permutations`).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, rankdata

from harmonization.combat import Settings, apply, harmonize_pooled
from shared.arrays import Array
from shared.folds import generator, stratified
from shared.metrics import auc
from shared.metrics.concordance import ranked
from shared.study.plan import Fit, Fold
from shared.study.study import Study
from shared.training.local_training import TrainedInMemory
from shared.training.permutations import chance, shuffled
from shared.training.progress import Learned
from shared.training.site_statistics import PatientSet

PATIENTS, PREVALENCES = 30, (0.2, 0.35, 0.5, 0.6)
FEATURES, KEEP, FOLDS, SHUFFLES = 12, 3, 2, 19
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75)
"""Levels at which p values are counted: where there is nothing to find they are uniform."""
LEVEL = 0.05
"""With 19 shuffles the true labels alone are the best of twenty in one of twenty cases."""

STUDY = Study.model_validate(
    {
        "name": "null-scenario",
        "title": "Scanner effects, and no effect of the class",
        "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
        "governance": {"ethics": "none needed", "data_use": "synthetic", "expires": "2099-12-31"},
        "selection": {"method": "univariate", "keep": KEEP},
        "evaluation": {"folds": FOLDS, "leave_one_site_out": False, "permutations": SHUFFLES},
        "federation": {"sites": ["a", "b", "c", "d"]},
    }
)


BOOSTED = Study.model_validate(
    STUDY.model_dump()
    | {"title": "The same by boosted trees", "model": {"kind": "boosting", "trees": 4, "depth": 2, "bins": 6}}
)
"""As many small trees as find an effect of 1.5 standard deviations in these patients."""
_NUMBER = {"kind": "continuous", "column": "ki67", "plausible": [0, 100]}
NUMBERS = Study.model_validate(
    STUDY.model_dump()
    | {
        "title": "The same of a number",
        "question": {"endpoint": _NUMBER, "patients": "simulated"},
        "model": {"kind": "linear"},
    }
)
"""Ridge regression on the features that go with the number most."""


@dataclass(frozen=True)
class Null:
    """One seed.

    Parameters
    ----------
    auc : within sites, cross-validated, of the true labels
    p_value : of the permutation test
    """

    auc: float
    p_value: float


def null(seed: int, effect: float = 0.0, study: Study = STUDY) -> Null:
    """Draw patients and test them.

    Parameters
    ----------
    seed : of patients, folds and shuffles
    effect : by how many standard deviations the first feature differs between classes, or with one of a number
    study : whose selection and model are tested
    """
    random = generator(seed, "null scenario")
    site = np.repeat(np.arange(len(PREVALENCES)), PATIENTS)
    y = (random.random(len(site)) < np.array(PREVALENCES)[site]).astype(np.int64)
    continuous = study.question.endpoint.continuous
    if continuous:  # sites whose patients differ, as their prevalences do
        y = (np.array(PREVALENCES)[site] - 0.4 + random.normal(0, 0.25, len(site))).clip(-1, 1)
    shift, scale = random.normal(0, 1, (4, FEATURES)), random.uniform(0.6, 1.6, (4, FEATURES))
    x = shift[site] + scale[site] * random.normal(size=(len(site), FEATURES))
    x[:, 0] += effect * y * scale[site, 0] / (0.25 if continuous else 1.0)
    folds = np.empty(len(site), dtype=np.int64)
    labels = np.repeat(y[None], 1 + SHUFFLES, axis=0)
    for number in range(len(PREVALENCES)):
        rows = site == number
        strata = rankdata(y[rows], method="ordinal").astype(int) // FOLDS if continuous else y[rows]
        folds[rows] = stratified(strata, FOLDS, random)
        for shuffle in range(1, 1 + SHUFFLES):
            labels[shuffle, rows] = shuffled(y[rows], folds[rows], random)
    u = [_harmonized(x, site, folds != fold) for fold in range(FOLDS)]
    risks = _risks(study, u, labels, folds)
    aucs = np.array([_within(risk, own, site, continuous) for risk, own in zip(risks, labels, strict=True)])
    return Null(float(aucs[0]), chance(float(aucs[0]), aucs[1:]))


def _harmonized(x: Array, site: Array, trains: Array) -> Array:
    """(n, features) of everybody by ComBat of the training patients."""
    nothing, names = np.zeros((len(x), 0)), site.astype(str)
    found = harmonize_pooled(x[trains], names[trains], nothing[trains], Settings())
    out = np.empty_like(x)
    for one, effect in found.effects.items():
        rows = names == one
        out[rows] = apply(x[rows], nothing[rows], found.consensus, effect)
    return np.asarray((out - found.consensus.alpha) / np.sqrt(found.consensus.variance))


def _risks(study: Study, u: list[Array], labels: Array, folds: Array) -> Array:
    """(1 + shuffles, n) what each shuffle's models predict of the patients whom they had not seen."""
    fits = tuple(
        Fit(f"shuffle-{shuffle}-fold-{fold}", Fold(fold)) for shuffle in range(len(labels)) for fold in range(FOLDS)
    )

    def members(learned: Learned) -> PatientSet:
        del learned
        return PatientSet(
            values=lambda task: u[task % FOLDS],
            source=lambda task: task % FOLDS,
            outcome=lambda fit: labels[fit // FOLDS],
            trains=lambda fit: folds != fit % FOLDS,
        )

    trained = TrainedInMemory(study, fits, [members], FEATURES)
    found = np.empty(labels.shape)
    for outer in range(len(fits)):
        held = folds == outer % FOLDS
        found[outer // FOLDS, held] = trained.risks(0, outer)[held, -1]
    return found


def _within(risk: Array, y: Array, site: Array, continuous: bool) -> float:
    rows = [site == one for one in np.unique(site)]
    if continuous:
        counted = [ranked(risk[own, None], y[own], 0, continuous=True) for own in rows]
        return sum(u for u, _ in counted) / sum(pairs for _, pairs in counted)
    return auc.stratified([auc.concordance(risk[own], y[own] == 1) for own in rows]).auc


def bounds(seeds: int, level: float = LEVEL) -> tuple[int, int]:
    """Fewest and most rejections that a test of this level has in so many seeds, 99 % of the time."""
    low, high = binom.ppf([0.005, 0.995], seeds, level)
    return int(low), int(high)
