"""How well classifiers guess the site: before harmonization, after it, and after ComBat on permuted labels."""

import numpy as np

from harmonization import trials
from harmonization.probe_auc import bound
from harmonization.probe_forest import Size
from harmonization.trials import AFTER, BEFORE, PROBES, Plan
from server.federation import Federation
from shared.results.site_probes import SiteProbe, SiteProbes
from shared.step import Step
from shared.study.plan import training_sites

_TAIL = 2.5
"""Per cent of the permutations beyond either end of the interval."""


def grow(federation: Federation) -> None:
    """Grow the trees of all trials at once, level by level."""
    section = federation.study.harmonization.probe
    assert section is not None
    for level in range(section.depth):
        federation.ask(f"{Step.PROBE_GROW}-{level}")


def predict(federation: Federation) -> SiteProbes:
    """Ask what the classifiers of all trials guess."""
    study = federation.study
    section = study.harmonization.probe
    assert section is not None
    plan = Plan(
        classes=len(training_sites(study, federation.roster)),
        folds=study.evaluation.folds,
        permutations=section.deals,
        size=Size(section.trees, section.depth, section.rules),
        seed=study.evaluation.seed,
        smallest=study.privacy.minimum_patients,
    )
    counts = federation.ask(Step.PROBE_PREDICT).totals["guesses"]
    real, permuted = trials.areas(plan, np.rint(counts))
    rounding = bound(counts[: AFTER + 1])
    return SiteProbes(
        deals=plan.permutations,
        folds=plan.folds,
        probes=tuple(
            SiteProbe(
                kind=kind,
                before=float(real[BEFORE, index]),
                after=float(real[AFTER, index]),
                permuted=float(permuted[:, index].mean()),
                permuted_low=float(np.percentile(permuted[:, index], _TAIL)),
                permuted_high=float(np.percentile(permuted[:, index], 100 - _TAIL)),
                rounding=float(rounding[:, index].max()),
            )
            for index, kind in enumerate(PROBES)
        ),
    )
