"""How well classifiers guess the site: before harmonization, after it, and after ComBat on labels dealt anew."""

import numpy as np

from harmonization import trials
from harmonization.probe_auc import bound
from harmonization.probe_forest import Size
from harmonization.trials import AFTER, BEFORE, PROBES, Plan
from server.federation import Federation
from server.state import Agreed, Harmonized
from shared.results.site_probes import SiteProbe, SiteProbes
from shared.step import Step
from shared.study.plan import training_sites

_TAIL = 2.5
"""Per cent of the deals beyond either end of the interval."""


def probe(federation: Federation, agreed: Agreed, harmonized: Harmonized) -> SiteProbes | None:
    """Ask for all trials at once; None where the study does not probe."""
    study = federation.study
    section = study.harmonization.probe
    if section is None:
        return None
    plan = Plan(
        classes=len(training_sites(study, federation.roster)),
        folds=study.evaluation.folds,
        deals=section.deals,
        size=Size(section.trees, section.depth, section.rules),
        seed=study.evaluation.seed,
        smallest=study.privacy.minimum_patients,
    )
    features, columns = len(agreed.features), len(agreed.columns)
    sizes = plan.axes(features, columns) | {
        "incomplete": len(harmonized.incomplete),
        "ranges": len(trials.CELLS) - 1,
    }
    federation.ask(Step.PROBE_LABELS, sizes)
    for level in range(plan.size.depth):
        federation.ask(f"{Step.PROBE_GROW}-{level}", plan.axes(features, columns, level))
    counts = federation.ask(Step.PROBE_PREDICT, plan.axes(features, columns) | {"ranges": trials.SCORES}).totals[
        "guesses"
    ]
    real, dealt = trials.areas(plan, np.rint(counts))
    rounding = bound(counts[: AFTER + 1])
    return SiteProbes(
        deals=plan.deals,
        folds=plan.folds,
        probes=tuple(
            SiteProbe(
                kind=kind,
                before=float(real[BEFORE, index]),
                after=float(real[AFTER, index]),
                dealt=float(dealt[:, index].mean()),
                dealt_low=float(np.percentile(dealt[:, index], _TAIL)),
                dealt_high=float(np.percentile(dealt[:, index], 100 - _TAIL)),
                rounding=float(rounding[:, index].max()),
            )
            for index, kind in enumerate(PROBES)
        ),
    )
