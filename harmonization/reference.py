"""A reference batch: one that stays as it is, and to whose location and scale all the others are brought.

Only the holder of the reference has totals of it; all others add zeros, so that the sum over the sites is the
reference's own. A fit that leaves the reference out has none, and is solved over all batches.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from harmonization.array import Array
from harmonization.federated import Consensus, Totals, solve

PREFIX = "reference_"


def named(totals: Totals, *, declared: bool, holder: bool) -> dict[str, Array]:
    """Totals of the reference by one site, as they travel: on a leading axis of one, or of none without a reference.

    Parameters
    ----------
    totals : of this site, one fit after the other
    declared : whether there is a reference
    holder : whether it is this site
    """
    return {
        f"{PREFIX}{name}": np.repeat(values[None] * float(holder), int(declared), axis=0)
        for name, values in totals.arrays().items()
    }


def solve_all(told: Mapping[str, Array], names: Sequence[str]) -> Consensus:
    """Solve ComBat's regression of every fit, towards the reference where the fit has one.

    Parameters
    ----------
    told : totals over all sites, and those of the reference (`named`), added up
    names : (q,) of the covariate columns, for errors

    Raises
    ------
    RankDeficientError, naming the covariates.
    """
    totals = Totals.from_arrays(told)
    everybody = solve(totals, names=names)
    of_reference = {name: np.asarray(told[f"{PREFIX}{name}"]) for name in totals.arrays()}
    if not len(of_reference["count"]):
        return everybody
    reference = Totals.from_arrays({name: values[0] for name, values in of_reference.items()})
    towards = solve(totals, reference, names)
    there = (reference.count > 0)[..., None]
    return Consensus(
        count=everybody.count,
        alpha=np.where(there, towards.alpha, everybody.alpha),
        beta=everybody.beta,
        variance=np.where(there, towards.variance, everybody.variance),
    )
