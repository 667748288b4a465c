"""ComBat: y = alpha + z beta + gamma + delta e, with a batch's gamma and delta taken out of its patients.

References: Johnson, Li and Rabinovic, Biostatistics 8 (2007) 118; Fortin et al., NeuroImage 161 (2017) 149.
Conventions are those of neuroCombat and of the R implementation: pooled variance with ddof 0, a batch's
variance and the priors' with ddof 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from harmonization import shrinkage
from harmonization.array import Array, Labels, Mask, Rows
from harmonization.errors import HarmonizationError, TooFewPatientsError
from harmonization.federated import (
    COMPLETE,
    NOTHING_LEFT,
    Consensus,
    Totals,
    batch_totals,
    blocks,
    solve,
    totals_by_batch,
)
from harmonization.outlying import outlying
from harmonization.shrinkage import FEWEST_FEATURES, Measured, Prior
from harmonization.sums import total


class Shrinkage(StrEnum):
    """How a batch's effects borrow from the other features."""

    PARAMETRIC = "parametric"
    NONPARAMETRIC = "nonparametric"
    NONE = "none"


@dataclass(frozen=True)
class Settings:
    """Variant of ComBat."""

    shrinkage: Shrinkage = Shrinkage.PARAMETRIC
    mean_only: bool = False
    """Take out location and leave scale."""

    @classmethod
    def chosen(cls, *, empirical_bayes: bool, parametric: bool, mean_only: bool) -> "Settings":
        """The variant that a study's words mean."""
        borrowing = Shrinkage.PARAMETRIC if parametric else Shrinkage.NONPARAMETRIC
        return cls(borrowing if empirical_bayes else Shrinkage.NONE, mean_only)

    @property
    def fewest_values(self) -> int:
        """Values of a feature from which a batch's effect on it can be measured."""
        return 1 if self.mean_only else 2


@dataclass(frozen=True)
class BatchEffect:
    """What one batch does to each feature, in units of the feature's pooled standard deviation; all (f,)."""

    count: Array
    """Patients who have the feature"""
    gamma_hat: Array
    """Location as measured"""
    delta_hat: Array
    """Scale (a variance) as measured; 1 where the batch does not vary, and where only the mean is harmonized"""
    gamma_star: Array
    """Location that is taken out; NaN where there is no value to measure it from and no prior"""
    delta_star: Array
    """Scale that is taken out"""
    prior: Prior | None = None
    """Distribution over features; None without parametric shrinkage"""
    iterations: int = 0
    outlying: Rows = field(default_factory=lambda: COMPLETE)
    """Features whose effect is of another kind than the others' (`harmonization.outlying`): with empirical Bayes they
    keep what was measured"""


@dataclass(frozen=True)
class Harmonized:
    """A table without its batch effects, and all that was estimated."""

    x: Array
    consensus: Consensus
    effects: Mapping[str, BatchEffect]


def fit_batch(x: Array, z: Array, consensus: Consensus, settings: Settings, incomplete: Rows = COMPLETE) -> BatchEffect:
    """Estimate the effect of one batch from its patients, at its site.

    Parameters
    ----------
    x : (n, f) features of the batch's training patients
    z : (n, q) their covariates
    consensus : of one fit
    settings : variant
    incomplete : (m,) features that may be missing (NaN)

    Raises
    ------
    TooFewPatientsError if a scale is asked of fewer than two patients.
    """
    return effect(batch_totals(x, z, incomplete), consensus, settings)


def effect(totals: Totals, consensus: Consensus, settings: Settings) -> BatchEffect:
    """Estimate the effect of one batch from its totals (of a batch that several sites share, say).

    Parameters
    ----------
    totals : of the patients of this batch
    consensus : of one fit
    settings : variant
    """
    if totals.count < settings.fewest_values:
        raise TooFewPatientsError(
            f"a batch of {int(totals.count)} patient(s) has no scale of its own; merge it with another, leave "
            "it out, or harmonize the mean only"
        )
    varying = consensus.variance > 0
    measured, spread = _measure(totals, consensus, settings)
    gamma_star, delta_star = np.zeros(len(varying)), np.ones(len(varying))
    prior, iterations = None, 0
    free, enough = measured.only(varying), measured.n[varying] >= settings.fewest_values
    # What does not vary here has no scale to tell the others of.
    lends = enough & (spread[varying] | settings.mean_only)
    lends = lends if lends.sum() >= FEWEST_FEATURES else enough
    apart = np.zeros(len(lends), dtype=bool)
    if settings.shrinkage is not Shrinkage.NONE and lends.any():
        apart[lends] = outlying(*(values[lends] for values in (free.n, free.gamma_hat, free.delta_hat)))
    if (lends & ~apart).sum() < FEWEST_FEATURES:
        apart[:] = False
    lends &= ~apart
    match settings.shrinkage:
        case Shrinkage.PARAMETRIC if settings.mean_only:
            prior = shrinkage.prior(free.only(lends))
            # A mean counts as one observation of variance one, as in the R implementation.
            weight = np.minimum(free.n, 1.0)
            gamma_star[varying] = shrinkage.location(free.gamma_hat, weight, 1.0, prior)
        case Shrinkage.PARAMETRIC:
            prior = shrinkage.prior(free.only(lends))
            gamma_star[varying], delta_star[varying], iterations = shrinkage.parametric(free, prior)
        case Shrinkage.NONPARAMETRIC:
            gamma_star[varying], delta_star[varying] = shrinkage.nonparametric(free, lends)
        case Shrinkage.NONE:
            gamma_star[varying] = np.where(enough, free.gamma_hat, np.nan)
            delta_star[varying] = free.delta_hat
    own = np.flatnonzero(varying)[apart]
    gamma_star[own], delta_star[own] = measured.gamma_hat[own], measured.delta_hat[own]
    return BatchEffect(
        measured.n, measured.gamma_hat, measured.delta_hat, gamma_star, delta_star, prior, iterations, own
    )


def _measure(totals: Totals, consensus: Consensus, settings: Settings) -> tuple[Measured, Mask]:
    """What the batch does as measured, and (f,) which features vary in it."""
    varying = consensus.variance > 0
    sd = np.sqrt(np.where(varying, consensus.variance, 1.0))
    n = totals.feature_count
    above = (totals.sum_x - totals.covariate_sums(consensus.beta)) / np.maximum(n, 1) - consensus.alpha
    gamma_hat = np.where(varying & (n > 0), above / sd, 0.0)
    left = totals.residual_squares(consensus.beta)
    ss = np.where(varying & (left > NOTHING_LEFT * totals.sxx), left / sd**2, 0.0)
    delta_hat, spread = np.ones(len(n)), (ss > 0) & (n > 1)
    if not settings.mean_only:
        delta_hat[spread] = ss[spread] / (n[spread] - 1)
    return Measured(n, gamma_hat, ss, delta_hat), spread


def no_effect(totals: Totals) -> BatchEffect:
    """Effect of a reference batch on itself: none."""
    n = totals.feature_count
    none, unit = np.zeros_like(n), np.ones_like(n)
    return BatchEffect(n, gamma_hat=none, delta_hat=unit, gamma_star=none, delta_star=unit)


def apply(x: Array, z: Array, consensus: Consensus, effect: BatchEffect, out: Array | None = None) -> Array:
    """Take a batch's effect out of any of its patients: training, test or new.

    Parameters
    ----------
    x : (n, f) features
    z : (n, q) covariates
    consensus : of one fit
    effect : of the batch
    out : where to write, if not to a new array; may be x itself

    Returns
    -------
    (n, f) harmonized features; those that do not vary (consensus.variance = 0) unchanged
    """
    out = np.empty(np.shape(x)) if out is None else out
    _apply(x, z, np.arange(len(x)), consensus, effect, out)
    return out


def _apply(x: Array, z: Array, rows: Rows, consensus: Consensus, effect: BatchEffect, out: Array) -> None:
    sd = np.sqrt(consensus.variance)
    shrink = 1.0 / np.sqrt(effect.delta_star)
    # (x - alpha - z beta - sd gamma) / sqrt(delta) + alpha + z beta, sorted by what depends on the patient;
    # x - alpha comes first because it keeps the digits of a feature with a large mean.
    offset = consensus.alpha - sd * effect.gamma_star * shrink
    by_patient = np.vstack([consensus.beta * (1 - shrink), offset])
    unchanged = np.flatnonzero(consensus.variance == 0)
    with_ones, start = np.column_stack([z[rows], np.ones(len(rows))]), 0
    for block in blocks(rows):
        as_it_was = x[block][:, unchanged]
        piece = np.subtract(x[block], consensus.alpha, out=out[block] if isinstance(block, slice) else None)
        piece *= shrink
        piece += with_ones[start : start + len(piece)] @ by_patient
        piece[:, unchanged] = as_it_was
        start += len(piece)
        if not isinstance(block, slice):
            out[block] = piece


def harmonize_pooled(x: Array, batch: Labels, z: Array, settings: Settings, reference: str | None = None) -> Harmonized:
    """Harmonize a table that one holder has whole, by the same functions that sites and coordinator use.

    Parameters
    ----------
    x : (n, f) features, NaN where missing
    batch : (n,) labels
    z : (n, q) covariates
    settings : variant
    reference : batch that stays as it is and to which the others are brought

    Raises
    ------
    TooFewPatientsError, RankDeficientError, or HarmonizationError if no patient is of the reference batch.
    """
    labels = np.unique(batch)
    if reference is not None and reference not in map(str, labels):
        there = ", ".join(map(str, labels))
        raise HarmonizationError(f"no patient is of the reference batch {reference}; there are: {there}")
    totals = totals_by_batch(x, batch, z, np.flatnonzero(incomplete_features(x)))
    consensus = solve(total(totals.values()), None if reference is None else totals[reference])
    effects = {
        label: no_effect(mine) if label == reference else effect(mine, consensus, settings)
        for label, mine in totals.items()
    }
    out = np.empty(x.shape)
    for label in labels:
        rows = np.flatnonzero(batch == label)
        if str(label) == reference:
            out[rows] = x[rows]
        else:
            _apply(x, z, rows, consensus, effects[str(label)], out)
    return Harmonized(out, consensus, effects)


def incomplete_features(x: Array) -> Mask:
    """(f,) features that some patient lacks; a sum over a block is NaN where one of its values is."""
    missing = np.zeros(x.shape[1], dtype=bool)
    for block in blocks(np.arange(len(x))):
        missing |= np.isnan(x[block].sum(axis=0))
    return missing
