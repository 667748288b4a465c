"""To and from the estimates of neuroCombat, whose `neuroCombatFromTraining` then applies ours.

neuroCombat keeps a mean for every training patient; it needs two: where the features lie without covariates,
and the covariates' effect on average (which is what its `neuroCombatFromTraining` uses for new patients).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from harmonization.array import Array
from harmonization.combat import BatchEffect
from harmonization.federated import Consensus, Totals
from harmonization.shrinkage import Prior


def to_estimates(consensus: Consensus, effects: Mapping[str, BatchEffect], totals: Totals) -> dict[str, Any]:
    """Write a fit as neuroCombat's dictionary `estimates`.

    Parameters
    ----------
    consensus : of one fit
    effects : by batch
    totals : from which the consensus was solved; they know the covariates' mean
    """
    batches = sorted(effects)
    mean_z = totals.sum_z / totals.count
    # neuroCombat divides by the variance of features that do not vary: one leaves them as they are
    variance = np.where(consensus.variance > 0, consensus.variance, 1.0)
    estimates: dict[str, Any] = {
        "batches": np.array(batches),
        "var.pooled": variance[:, None],
        "stand.mean": consensus.alpha[:, None],
        "mod.mean": (mean_z @ consensus.beta)[:, None],
        "gamma_hat": np.stack([effects[label].gamma_hat for label in batches]),
        "delta_hat": [effects[label].delta_hat for label in batches],
        "gamma.star": np.stack([effects[label].gamma_star for label in batches]),
        "delta.star": np.stack([effects[label].delta_star for label in batches]),
    }
    priors = [prior for label in batches if (prior := effects[label].prior) is not None]
    if len(priors) == len(batches):
        estimates |= {
            "gamma_bar": np.array([prior.gamma_bar for prior in priors]),
            "t2": np.array([prior.t2 for prior in priors]),
            "a_prior": [prior.a for prior in priors],
            "b_prior": [prior.b for prior in priors],
        }
    return estimates


def from_estimates(
    estimates: Mapping[str, Any], labels: tuple[str, ...], z: Array
) -> tuple[Consensus, dict[str, BatchEffect]]:
    """Read neuroCombat's estimates of a training table.

    Parameters
    ----------
    estimates : as neuroCombat returned them
    labels : names of its batches, in sorted order; it keeps only their numbers
    z : (n, q) covariates of its training patients; neuroCombat keeps their effect, not the coefficients

    Returns
    -------
    The consensus, and each batch's effect (counts are not kept by neuroCombat and are NaN)
    """
    variance = np.asarray(estimates["var.pooled"], dtype=np.float64)[:, 0]
    f = len(variance)
    effect_of_z = np.broadcast_to(np.asarray(estimates["mod.mean"], dtype=np.float64), (f, len(z)))
    beta = np.asarray(np.linalg.pinv(z) @ effect_of_z.T)
    consensus = Consensus(
        count=np.array(float(len(z))),
        alpha=np.asarray(estimates["stand.mean"], dtype=np.float64)[:, 0],
        beta=beta,
        variance=variance,
    )
    parametric = estimates.get("a_prior") is not None
    effects = {
        label: BatchEffect(
            count=np.full(f, np.nan),
            gamma_hat=np.asarray(estimates["gamma_hat"][index]),
            delta_hat=np.asarray(estimates["delta_hat"][index], dtype=np.float64),
            gamma_star=np.asarray(estimates["gamma.star"][index]),
            delta_star=np.asarray(estimates["delta.star"][index], dtype=np.float64),
            prior=_prior(estimates, index) if parametric else None,
        )
        for index, label in enumerate(labels)
    }
    return consensus, effects


def _prior(estimates: Mapping[str, Any], index: int) -> Prior:
    return Prior(
        gamma_bar=float(estimates["gamma_bar"][index]),
        t2=float(estimates["t2"][index]),
        a=float(estimates["a_prior"][index]),
        b=float(estimates["b_prior"][index]),
        delta_bar=float(np.mean(estimates["delta_hat"][index])),
    )
