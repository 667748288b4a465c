"""Batches of a site's patients: the site, its scanners, or these between upgrades; small ones by the study's rule."""

import numpy as np

from client.site.site_file import Site
from harmonization.batches import Assignment, BatchRule, Below, assign
from shared.arrays import Array
from shared.sections.harmonization import Harmonization


def batching(section: Harmonization, site: Site, scanner: Array, epoch: Array) -> Assignment:
    """Assign every patient to a batch, from all who enter, so that every fold has the same batches.

    Parameters
    ----------
    section : the study's choice
    site : the site
    scanner : (n,) make and model
    epoch : (n,) scanner between two changes (`client.cohort.scanner_epoch`)
    """
    if section.batch == "site":
        name = np.full(len(scanner), site.name)
        return Assignment(name, np.ones(len(scanner), dtype=bool), merged=(), left_out=())
    machine = epoch if section.batch == "software" else scanner
    rule = BatchRule(section.smallest_batch, Below(section.small_batches))
    shared_here = joined_here(section, machine)
    rest = ~np.isin(machine, shared_here)
    return _spread(assign(machine[rest], rule), rest, machine) if shared_here else assign(machine, rule)


def joined_here(section: Harmonization, scanner: Array) -> tuple[str, ...]:
    """Scanners that the study joins across sites and that have enough patients here.

    Parameters
    ----------
    section : the study's choice
    scanner : (n,) make and model
    """
    return tuple(
        shared_scanner
        for shared_scanner in section.joined
        if (scanner == shared_scanner).sum() >= section.smallest_batch
    )


def _spread(made: Assignment, rest: Array, scanner: Array) -> Assignment:
    """The assignment of all patients, given that of those whose scanners are the site's own."""
    batch, kept = scanner.astype(object), np.ones(len(scanner), dtype=bool)
    batch[rest], kept[rest] = made.batch, made.kept
    return Assignment(batch.astype(str), kept, made.merged, made.left_out)
