"""CovBat: ComBat, then the same on principal components, so that batches also share their covariance.

The components come from one more exchange of sums: products of the residuals of ComBat about zero (for the
covariance over all patients) and about each batch's mean (for the variance of the scores within batches).

Reference: Chen et al., Human Brain Mapping 43 (2022) 1179, and its R implementation, whose defaults these are:
residuals scaled to unit variance, components up to 95 % of the variance, scores harmonized without empirical
Bayes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harmonization.array import Array, Labels
from harmonization.combat import BatchEffect, Settings, Shrinkage, apply, fit_batch, harmonize_pooled
from harmonization.federated import Consensus
from harmonization.products import Products, covariance, site_products, square

SCORES = Settings(shrinkage=Shrinkage.NONE)
"""How scores are harmonized."""


@dataclass(frozen=True)
class Components:
    """The directions along which batches are compared, and the consensus about scores on them."""

    centre: Array
    """(f,) mean residual"""
    scale: Array
    """(f,) standard deviation of the residual (ddof 1); 0 where it does not vary"""
    directions: Array
    """(f, k) orthonormal"""
    share: Array
    """(k,) share of the variance"""
    scores: Consensus
    """Of k scores, without covariates"""


def residuals(x: Array, z: Array, consensus: Consensus) -> Array:
    """What ComBat's harmonized features deviate from the consensus by.

    Parameters
    ----------
    x : (n, f) after `combat.apply`
    z : (n, q)
    consensus : of the same fit
    """
    return np.asarray(x - consensus.alpha - z @ consensus.beta)


def components(products: Products, share: float = 0.95) -> Components:
    """Principal components of the summed covariance.

    Parameters
    ----------
    products : summed over all sites, of one fit
    share : of the variance; as many components as it takes to exceed it
    """
    n, f = float(products.count), len(products.total)
    spread = covariance(products)
    scale = np.sqrt(np.maximum(np.diagonal(spread), 0.0))
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(spread / np.outer(safe, safe))
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    reached = np.cumsum(values / values.sum())
    kept = min(int(np.searchsorted(reached, share, side="right")) + 1, f)
    directions = vectors[:, :kept]
    within = square(products.within) / np.outer(safe, safe) / n
    scores = Consensus(
        count=products.count,
        alpha=np.zeros(kept),
        beta=np.zeros((0, kept)),
        variance=np.einsum("fk,fg,gk->k", directions, within, directions, optimize=True),
    )
    return Components(products.total / n, scale, directions, values[:kept] / values.sum(), scores)


def all_components(summed: Mapping[str, Array], share: float) -> tuple[Components, ...]:
    """Components of every fit, from `Products` over all sites with a leading axis of fits."""
    names = Products.__dataclass_fields__
    return tuple(
        components(Products(**{name: summed[name][fit] for name in names}), share)
        for fit in range(len(summed["count"]))
    )


def score(residual: Array, common: Components) -> Array:
    """(n, k) scores of residuals (n, f)."""
    unit = (residual - common.centre) / np.where(common.scale > 0, common.scale, 1.0)
    return np.asarray(unit @ common.directions)


def fit_scores(residual: Array, common: Components) -> BatchEffect:
    """Estimate what one batch does to the scores, from its training patients' residuals (n, f), at its site."""
    scores = score(residual, common)
    return fit_batch(scores, np.empty((len(scores), 0)), common.scores, SCORES)


def apply_scores(x: Array, residual: Array, common: Components, effect: BatchEffect) -> Array:
    """Take a batch's effect on the scores out of any of its patients.

    Parameters
    ----------
    x : (n, f) after `combat.apply`
    residual : (n, f) `residuals` of x
    common : components of the fit
    effect : from `fit_scores`

    Returns
    -------
    (n, f)
    """
    before = score(residual, common)
    after = apply(before, np.empty((len(before), 0)), common.scores, effect)
    return np.asarray(x + ((after - before) @ common.directions.T) * common.scale)


def harmonize_pooled_covariance(x: Array, batch: Labels, z: Array, settings: Settings, share: float = 0.95) -> Array:
    """CovBat of a table that one holder has whole, by the same functions that sites and coordinator use.

    Parameters
    ----------
    x, batch, z, settings : as for `combat.harmonize_pooled`
    share : as for `components`
    """
    combat = harmonize_pooled(x, batch, z, settings)
    residual = residuals(combat.x, z, combat.consensus)
    common = components(site_products(residual, batch), share)
    out = combat.x.copy()
    for label in np.unique(batch):
        mine = batch == label
        out[mine] = apply_scores(out[mine], residual[mine], common, fit_scores(residual[mine], common))
    return out
