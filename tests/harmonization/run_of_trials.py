"""Trials of probes over several sites, run in this process."""

import numpy as np

from harmonization import permutation, probe_linear, trials
from harmonization.combat import Settings
from harmonization.products import site_products
from harmonization.sums import total
from harmonization.trials import Patients
from tests.harmonization.federation import consensus_of, folds_of, harmonized, on_common_scale

SEED = 3


def seen(hospitals, deals, folds):
    """Every hospital's patients, as the probes see them."""
    scale = consensus_of(hospitals)
    before, after = on_common_scale(hospitals, scale), on_common_scale(harmonized(hospitals, Settings()), scale)
    sizes = {hospital.name: len(hospital.x) for hospital in hospitals}
    names = sorted(sizes)
    fold = folds_of([np.zeros(len(hospital.x)) for hospital in hospitals], SEED)
    out = []
    for index, hospital in enumerate(hospitals):
        labels = permutation.deal(sizes, sizes, hospital.name, range(deals))
        dealt = np.searchsorted(names, labels)
        out.append(
            Patients(before[index], after[index], hospital.z, names.index(hospital.name), dealt, fold[index] % folds)
        )
    return out


def run(sites, plan):
    """What sites and coordinator do, exchange by exchange; only sums pass between them."""
    centre_z = sum(site.z.sum(axis=0) for site in sites) / sum(len(site.z) for site in sites)
    summed = total(trials.dealt_totals(site, plan.classes, centre_z) for site in sites)
    dealt = trials.solve_deals(summed, centre_z, Settings())
    metric = probe_linear.metric(total(site_products(site.before, np.zeros(len(site.z))) for site in sites))
    grown = trials.start(plan, sum(trials.cells(site.before) for site in sites))
    for level in range(plan.size.depth):
        counts, linear = (
            sum(parts) for parts in zip(*(trials.level_sums(site, dealt, grown) for site in sites), strict=True)
        )
        grown = trials.grow(grown, counts, linear if not level else None, metric)
    return dealt, grown, sum(trials.scored(site, dealt, grown) for site in sites), metric
