"""The site's features on the common scale: batch effects are fitted here, and never leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from harmonization import covbat
from harmonization.combat import BatchEffect, Settings, apply, fit_batch
from harmonization.covbat import Components
from harmonization.federated import COMPLETE, Consensus
from shared.arrays import Array
from shared.sections.harmonization import Harmonization, LeftOutSite, Method


@dataclass(frozen=True)
class Cohort:
    """What harmonization needs to know of a site's patients.

    Parameters
    ----------
    x : (n, features), NaN where missing
    z : (n, covariate columns)
    batch : (n,) scanner or site
    """

    x: Array
    z: Array
    batch: Array

    def __getitem__(self, rows: Array) -> "Cohort":
        return Cohort(self.x[rows], self.z[rows], self.batch[rows])


@dataclass(frozen=True)
class Fitted:
    """What all sites agree on in one fit.

    Parameters
    ----------
    consensus : the regression from which batches deviate
    incomplete : features that some patient of some site lacks
    joined : effects of the batches that sites share
    components : of CovBat
    """

    consensus: Consensus
    incomplete: Array = field(default_factory=lambda: COMPLETE)
    joined: Mapping[str, BatchEffect] = field(default_factory=dict)
    components: Components | None = None


@dataclass(frozen=True)
class Effects:
    """What each batch of a site does, in one fit.

    Parameters
    ----------
    features : on the features, by batch
    scores : on CovBat's scores, by batch
    """

    features: Mapping[str, BatchEffect] = field(default_factory=dict)
    scores: Mapping[str, BatchEffect] = field(default_factory=dict)


NO_EFFECTS = Effects()
"""Of a site that stays as it is."""


def common_scale(x: Array, consensus: Consensus) -> Array:
    """Features about the common mean, in pooled within-batch standard deviations; 0 where that is 0."""
    varying = consensus.variance > 0
    u: Array = np.where(varying, x - consensus.alpha, 0.0) / np.sqrt(np.where(varying, consensus.variance, 1.0))
    return u


def settings(section: Harmonization) -> Settings:
    """Variant of ComBat that a study asks for."""
    return Settings.chosen(
        empirical_bayes=section.empirical_bayes, parametric=section.parametric, mean_only=section.mean_only
    )


def own_patients(batch: Array, count: int, random: np.random.Generator) -> Array:
    """Choose the patients of each batch from whom a left-out site harmonizes itself.

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
    for label in np.unique(batch):
        rows = random.permutation(np.flatnonzero(batch == label))
        chosen[rows[: min(count, len(rows) // 2)]] = True
    return chosen


def estimate(cohort: Cohort, fitted: Fitted, section: Harmonization, learn: Array) -> Effects:
    """Estimate what a site's batches do in one fit.

    Parameters
    ----------
    cohort : all patients of the site
    fitted : what all sites agree on
    section : the study's choice
    learn : (n,) patients from whom batch effects are learned; of a batch that sites share, all of them have been
    """
    if section.method is Method.NONE or not learn.any():
        return NO_EFFECTS
    variant, features = settings(section), {}
    for label in map(str, np.unique(cohort.batch)):
        part = cohort[learn & (cohort.batch == label)]
        if label in fitted.joined:
            features[label] = fitted.joined[label]
        elif len(part.x):
            features[label] = fit_batch(part.x, part.z, fitted.consensus, variant, fitted.incomplete)
    if fitted.components is None:
        return Effects(features)
    residual = residuals(cohort, fitted, Effects(features))
    return Effects(
        features,
        {
            label: covbat.fit_scores(residual[learn & (cohort.batch == label)], fitted.components)
            for label in features
            if (learn & (cohort.batch == label)).any()
        },
    )


def harmonize(cohort: Cohort, fitted: Fitted, effects: Effects) -> Array:
    """Take batch effects out of a site's patients: training, test or new.

    Parameters
    ----------
    cohort : the patients
    fitted : what all sites agree on in the fit
    effects : of the batches; patients of others stay as they are

    Returns
    -------
    (n, features) on the common scale, NaN where missing
    """
    x = cohort.x.copy()
    for label, effect in effects.features.items():
        rows = cohort.batch == label
        x[rows] = apply(x[rows], cohort.z[rows], fitted.consensus, effect)
    u = common_scale(x, fitted.consensus)
    if fitted.components is None or not effects.scores:
        return u
    residual = u - explained(cohort.z, fitted.consensus)
    for label, effect in effects.scores.items():
        rows = cohort.batch == label
        u[rows] = covbat.apply_scores(u[rows], residual[rows], fitted.components, effect)
    return u


def residuals(cohort: Cohort, fitted: Fitted, effects: Effects) -> Array:
    """(n, features) what features after ComBat deviate from the consensus by, in pooled standard deviations."""
    return harmonize(cohort, fitted, Effects(effects.features)) - explained(cohort.z, fitted.consensus)


def explained(z: Array, consensus: Consensus) -> Array:
    """(n, features) what covariates add to features on the common scale."""
    varying = consensus.variance > 0
    return np.asarray(np.where(varying, z @ consensus.beta, 0.0) / np.sqrt(np.where(varying, consensus.variance, 1.0)))


def learners(section: Harmonization, trains: Array, calibration: Array, left_out: bool) -> Array:
    """Patients from whom batch effects are learned in a fit.

    Parameters
    ----------
    section : the study's choice
    trains : (n,) training patients
    calibration : (n,) the site's own set for fits that leave it out
    left_out : whether this fit leaves the site out
    """
    if not left_out:
        return trains
    return {
        LeftOutSite.RAW: np.zeros_like(trains),
        LeftOutSite.OWN_PATIENTS: calibration,
        LeftOutSite.TRANSDUCTIVE: np.ones_like(trains),
    }[section.left_out_site]
