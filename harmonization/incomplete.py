"""Features that some patients lack: what the regression needs of each beside its own sums.

Such a feature is harmonized as if the table held only the patients who have it, so it needs its own count and
its own products of covariates. Which features these are is agreed when the sites describe their data; all
others go on sharing one count and one matrix.
"""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array, Rows


@dataclass(frozen=True)
class Incomplete:
    """Sums over the patients who have a feature, for m features that are not always there.

    All arrays may carry leading axes (fits).
    """

    features: Rows
    """(m,) which they are; agreed, and not sent"""
    count: Array
    """(..., m) patients"""
    sum_z: Array
    """(..., m, q) sums of the covariates"""
    szz: Array
    """(..., m, q, q) products of the covariates, centred within each batch"""


@dataclass(frozen=True)
class Present:
    """Sums of incomplete features over the patients of one batch who have them."""

    incomplete: Incomplete
    sum_x: Array
    """(m,)"""
    szx: Array
    """(q, m) centred"""
    sxx: Array
    """(m,) centred"""


def present(x: Array, z: Array, features: Rows) -> Present:
    """Sums over one batch, each feature over the patients who have it.

    Parameters
    ----------
    x : (n, f) features, NaN where missing
    z : (n, q) covariates
    features : (m,) columns of x to sum
    """
    values = x[:, features]
    present = ~np.isnan(values)
    n = present.sum(axis=0).astype(np.float64)
    some = np.maximum(n, 1)
    first = np.where(n > 0, values[present.argmax(axis=0), np.arange(len(features))], 0.0)
    mean = first + np.where(present, values - first, 0.0).sum(axis=0) / some
    xc = np.where(present, values - mean, 0.0)
    drift = xc.sum(axis=0)
    # About the batch's mean first: products about the mean of the patients present then keep their digits.
    zc = z - z.mean(axis=0)
    q = z.shape[1]
    above = present.T @ zc
    # A covariate in which those present are alike says nothing; what rounding leaves of it would be divided by itself.
    alike = z[present.argmax(axis=0)]
    varies = (present[:, None, :] & (z[:, :, None] != alike.T)).any(axis=0)
    both = varies.T[:, :, None] * varies.T[:, None, :]
    products = (present.T @ (zc[:, :, None] * zc[:, None, :]).reshape(len(z), q * q)).reshape(present.shape[1], q, q)
    return Present(
        Incomplete(
            features=features,
            count=n,
            sum_z=present.T @ z,
            szz=both * (products - above[:, :, None] * above[:, None, :] / some[:, None, None]),
        ),
        sum_x=n * mean + drift,
        szx=varies * (zc.T @ xc - above.T * drift / some),
        sxx=(xc * xc).sum(axis=0) - drift**2 / some,
    )
