"""Batches of a site's patients: the site, its scanners, or these between upgrades; small ones by the study's rule."""

import logging
from collections.abc import Iterable

import numpy as np

from client.site import Site
from harmonization.batches import Assignment, BatchRule, Below, assign
from shared.arrays import Array
from shared.sections.harmonization import Harmonization

log = logging.getLogger(__name__)


def batching(section: Harmonization, site: Site, scanner: Array, epoch: Array) -> Assignment:
    """Assign every patient to a batch, from all who enter, so that every fold has the same batches.

    Parameters
    ----------
    section : the study's choice
    site : the site
    scanner : (n,) make and model
    epoch : (n,) scanner between two changes (`client.scanner_epoch`)
    """
    if section.batch == "site":
        one = np.full(len(scanner), site.name)
        return Assignment(one, np.ones(len(scanner), dtype=bool), merged=(), left_out=())
    machine = epoch if section.batch == "software" else scanner
    made = assign(machine, BatchRule(section.smallest_batch, Below(section.small_batches)))
    _note(site, section, made.merged, "are harmonised together with others")
    _note(site, section, made.left_out, "are left out with their patients")
    return made


def _note(site: Site, section: Harmonization, scanners: Iterable[str], what: str) -> None:
    named = ", ".join(scanners)
    if named:
        log.warning("site %s: scanners with under %d patients %s: %s", site.name, section.smallest_batch, what, named)
