"""ComBat: y = alpha + z beta + gamma + delta e, with a batch's gamma and delta taken out of its patients.

References: Johnson, Li and Rabinovic, Biostatistics 8 (2007) 118; Fortin et al., NeuroImage 161 (2017) 149.
Conventions are those of neuroCombat and of the R implementation: pooled variance with ddof 0, a batch's
variance and the priors' with ddof 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from harmonization import shrinkage
from harmonization.array import Array, Labels, Rows
from harmonization.errors import HarmonizationError, TooFewPatientsError
from harmonization.federated import (
    Consensus,
    Totals,
    batch_totals,
    blocks,
    residual_squares,
    solve,
    sum_totals,
    totals_by_batch,
)
from harmonization.shrinkage import Prior


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


@dataclass(frozen=True)
class BatchEffect:
    """What one batch does to each feature, in units of the feature's pooled standard deviation."""

    count: Array
    """(f,) patients with a value"""
    gamma_hat: Array
    """(f,) location as measured"""
    delta_hat: Array
    """(f,) scale (a variance) as measured; 1 where the batch does not vary, and in `mean_only`"""
    gamma_star: Array
    """(f,) location that is taken out"""
    delta_star: Array
    """(f,) scale that is taken out"""
    prior: Prior | None
    """Distribution over features; None without parametric shrinkage"""
    iterations: int = 0


@dataclass(frozen=True)
class Harmonised:
    """A table without its batch effects, and all that was estimated."""

    x: Array
    consensus: Consensus
    effects: Mapping[str, BatchEffect]


def fit_batch(x: Array, z: Array, consensus: Consensus, settings: Settings) -> BatchEffect:
    """Estimate the effect of one batch from its patients, at its site.

    Parameters
    ----------
    x : (n, f) features of the batch's training patients
    z : (n, q) their covariates
    consensus : of one fit
    settings : variant

    Raises
    ------
    TooFewPatientsError if a scale is asked of fewer than two patients.
    """
    return effect(batch_totals(x, z), consensus, settings)


def effect(totals: Totals, consensus: Consensus, settings: Settings) -> BatchEffect:
    """Estimate the effect of one batch from its totals (of a batch that several sites share, say).

    Parameters
    ----------
    totals : of the patients of this batch
    consensus : of one fit
    settings : variant
    """
    f = consensus.alpha.shape[-1]
    n = np.broadcast_to(totals.count, (f,)).astype(np.float64)
    if n.min(initial=np.inf) < (1 if settings.mean_only else 2):
        raise TooFewPatientsError(
            f"a batch of {int(n.min())} patient(s) has no scale of its own; merge it with another, leave it "
            "out, or harmonise the mean only"
        )
    varying = consensus.variance > 0
    sd = np.sqrt(np.where(varying, consensus.variance, 1.0))
    gamma_hat = (totals.sum_x - totals.sum_z @ consensus.beta) / n - consensus.alpha
    gamma_hat = np.where(varying, gamma_hat / sd, 0.0)
    ss = np.where(varying, residual_squares(totals, consensus.beta) / sd**2, 0.0)
    delta_hat = np.ones(f)
    if not settings.mean_only:
        spread = ss > 0
        delta_hat[spread] = ss[spread] / (n[spread] - 1)
    gamma_star, delta_star = gamma_hat.copy(), delta_hat.copy()
    prior, iterations = None, 0
    free = n[varying], gamma_hat[varying], ss[varying], delta_hat[varying]
    if settings.shrinkage is Shrinkage.PARAMETRIC:
        prior = shrinkage.prior(free[1], free[3])
        if settings.mean_only:
            # a mean-only location counts as one observation of variance one, as in the R implementation
            gamma_star[varying] = shrinkage.location(free[1], 1.0, 1.0, prior)
        else:
            gamma_star[varying], delta_star[varying], iterations = shrinkage.parametric(*free, prior)
    elif settings.shrinkage is Shrinkage.NONPARAMETRIC:
        gamma_star[varying], delta_star[varying] = shrinkage.nonparametric(*free)
    return BatchEffect(n, gamma_hat, delta_hat, gamma_star, delta_star, prior, iterations)


def no_effect(totals: Totals, consensus: Consensus) -> BatchEffect:
    """Effect of a reference batch on itself: none."""
    none, one = np.zeros(consensus.alpha.shape[-1]), np.ones(consensus.alpha.shape[-1])
    return BatchEffect(one * totals.count, none, one, none, one, None)


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
    (n, f) harmonised features; those that do not vary (consensus.variance = 0) unchanged
    """
    out = np.empty(np.shape(x)) if out is None else out
    _apply(x, z, np.arange(len(x)), consensus, effect, out)
    return out


def _apply(x: Array, z: Array, rows: Rows, consensus: Consensus, effect: BatchEffect, out: Array) -> None:
    sd = np.sqrt(consensus.variance)
    shrink = 1.0 / np.sqrt(effect.delta_star)
    # (x - alpha - z beta - sd gamma) / sqrt(delta) + alpha + z beta, sorted by what depends on the patient
    kept = consensus.beta * (1 - shrink)
    offset = consensus.alpha - sd * effect.gamma_star * shrink
    fixed = np.flatnonzero(consensus.variance == 0)
    for block in blocks(rows):
        piece = x[block] - consensus.alpha
        piece *= shrink
        if len(kept):
            piece += z[block] @ kept
        piece += offset
        piece[:, fixed] = x[np.ix_(block, fixed)]
        out[block] = piece


def harmonise_pooled(
    x: Array, batch: Labels, z: Array, settings: Settings, reference: str | None = None
) -> Harmonised:
    """Harmonise a table that one holder has whole, by the same functions that sites and coordinator use.

    Parameters
    ----------
    x : (n, f) features
    batch : (n,) labels
    z : (n, q) covariates
    settings : variant
    reference : batch that stays as it is and that the others are brought to
    """
    labels = np.unique(batch)
    if reference is not None and reference not in map(str, labels):
        there = ", ".join(map(str, labels))
        raise HarmonizationError(f"no patient is of the reference batch {reference}; there are: {there}")
    totals = totals_by_batch(x, batch, z)
    consensus = solve(sum_totals(totals.values()), None if reference is None else totals[reference])
    effects = {
        label: no_effect(mine, consensus) if label == reference else effect(mine, consensus, settings)
        for label, mine in totals.items()
    }
    out = np.empty(x.shape)
    for label in labels:
        rows = np.flatnonzero(batch == label)
        _apply(x, z, rows, consensus, effects[str(label)], out)
    return Harmonised(out, consensus, effects)
