"""The site's features on the common scale: batch effects are fitted here, and never leave."""

from dataclasses import dataclass

import numpy as np

from harmonization.combat import Settings, Shrinkage, apply, fit_batch
from harmonization.federated import Consensus
from shared.arrays import Array
from shared.sections.harmonization import Harmonization, LeftOutSite, Method


@dataclass(frozen=True)
class Cohort:
    """What harmonisation needs to know of a site's patients.

    Parameters
    ----------
    x : (n, features)
    z : (n, covariate columns)
    batch : (n,) scanner or site
    """

    x: Array
    z: Array
    batch: Array

    def __getitem__(self, rows: Array) -> "Cohort":
        return Cohort(self.x[rows], self.z[rows], self.batch[rows])


def common_scale(x: Array, consensus: Consensus) -> Array:
    """Features about the common mean, in pooled within-batch standard deviations; 0 where that is 0."""
    varying = consensus.variance > 0
    u: Array = np.where(varying, x - consensus.alpha, 0.0) / np.sqrt(np.where(varying, consensus.variance, 1.0))
    return u


def settings(section: Harmonization) -> Settings:
    """Variant of ComBat that a study asks for."""
    borrowing = Shrinkage.PARAMETRIC if section.parametric else Shrinkage.NONPARAMETRIC
    return Settings(borrowing if section.empirical_bayes else Shrinkage.NONE, section.mean_only)


def own_patients(batch: Array, count: int, random: np.random.Generator) -> Array:
    """Choose the patients of each batch from whom a left-out site harmonises itself.

    Parameters
    ----------
    batch : (n,)
    count : how many of each batch; at most half of it, so that as many remain to be evaluated
    random : chooses

    Returns
    -------
    (n,) whether a patient is chosen
    """
    chosen = np.zeros(len(batch), dtype=bool)
    for one in np.unique(batch):
        rows = random.permutation(np.flatnonzero(batch == one))
        chosen[rows[: min(count, len(rows) // 2)]] = True
    return chosen


def harmonise(
    cohort: Cohort, consensus: Consensus, section: Harmonization, learn: Array, *, reference: bool = False
) -> Array:
    """Harmonise one site's patients in one fit.

    Parameters
    ----------
    cohort : all patients of the site
    consensus : of this fit
    section : the study's choice
    learn : (n,) patients from whom batch effects are learned
    reference : whether this site is the reference of this fit, and stays as it is

    Returns
    -------
    (n, features) on the common scale
    """
    if section.method is Method.NONE or reference or not learn.any():
        return common_scale(cohort.x, consensus)
    x = cohort.x.copy()
    for one in np.unique(cohort.batch):
        rows = cohort.batch == one
        if (learn & rows).any():
            part = cohort[learn & rows]
            effect = fit_batch(part.x, part.z, consensus, settings(section))
            x[rows] = apply(x[rows], cohort.z[rows], consensus, effect)
    return common_scale(x, consensus)


def learners(section: Harmonization, trains: Array, borrowed: Array, left_out: bool) -> Array:
    """Patients from whom batch effects are learned in a fit.

    Parameters
    ----------
    section : the study's choice
    trains : (n,) training patients
    borrowed : (n,) the site's own set for fits that leave it out
    left_out : whether this fit leaves the site out
    """
    if not left_out:
        return trains
    return {
        LeftOutSite.RAW: np.zeros_like(trains),
        LeftOutSite.OWN_PATIENTS: borrowed,
        LeftOutSite.TRANSDUCTIVE: np.ones_like(trains),
    }[section.left_out_site]
