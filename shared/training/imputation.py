"""Mean imputation from sums: what totals over those who have a feature become once the others have its mean.

The mean is that of a fit's training patients, so that nothing of a patient who does not train it enters. A value that
was missing is then 0 after standardization.
"""

from collections.abc import Mapping

import numpy as np

from shared.arrays import Array


def impute(totals: Mapping[str, Array], features: Array) -> dict[str, Array]:
    """Totals over all training patients, as if those who lack a feature had its mean.

    Parameters
    ----------
    totals : `class_totals` (fits, classes) patients; `class_sums` (fits, classes, features) and `sum_uu` (fits,
        features) over those who have a feature; `present` (fits, classes, incomplete) how many these are. Of a
        continuous endpoint the sums of `shared.training.site_statistics.outcome_sums` besides
    features : (incomplete,) which features some patient lacks

    Returns
    -------
    The same totals, without `present` and `outcome_present`
    """
    rest = {name: value for name, value in totals.items() if name not in ("present", "outcome_present")}
    present, sums = totals["present"], totals["class_sums"][:, :, features]
    lacking = totals["class_totals"][:, :, None] - present
    mean = sums.sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    class_sums, sum_uu = totals["class_sums"].copy(), totals["sum_uu"].copy()
    class_sums[:, :, features] += lacking * mean[:, None, :]
    sum_uu[:, features] += lacking.sum(axis=1) * mean**2
    if "outcome_present" in totals:
        products = totals["outcome_products"].copy()
        products[..., features] += (totals["outcome_sums"][..., None] - totals["outcome_present"]) * mean
        rest["outcome_products"] = products
    return {**rest, "class_sums": class_sums, "sum_uu": sum_uu}
