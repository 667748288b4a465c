"""ComBat's regression from totals: what a site sends, and what everybody solves from the sum.

Features x and covariates z are centred within each batch before products are taken, and the products of all
batches of a site are added up before they leave: the intercepts of the batches drop out of the normal
equations (Frisch, Waugh and Lovell), so the effects of the covariates and the pooled variance need no
quantity of a single batch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import reduce
from operator import add

import numpy as np

from harmonization.array import Array, Labels, Rows
from harmonization.rank import require_full_rank

_ROWS = 256
"""Patients that are worked on at a time: a block of a thousand features stays in the processor's cache."""

_NOTHING_LEFT = 1e-12
"""Share of a feature's within-batch sum of squares under which its residuals are rounding, not data."""


@dataclass(frozen=True)
class Totals:
    """Sums over patients from which ComBat's regression follows; those of sites add up.

    All arrays may carry the same leading axes (fits). f features, q covariate columns.
    """

    count: Array
    """(...) patients"""
    sum_x: Array
    """(..., f) sums of the features"""
    sum_z: Array
    """(..., q) sums of the covariates"""
    szz: Array
    """(..., q, q) products of the covariates, centred within each batch"""
    szx: Array
    """(..., q, f) products of covariates and features, centred within each batch"""
    sxx: Array
    """(..., f) squares of the features, centred within each batch"""

    def __add__(self, other: "Totals") -> "Totals":
        """Sum over the patients of both."""
        mine, theirs = self.arrays(), other.arrays()
        return Totals(**{name: mine[name] + theirs[name] for name in mine})

    def arrays(self) -> dict[str, Array]:
        """Flatten to named arrays, as they travel."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> "Totals":
        """Invert `arrays`; other names are left aside."""
        return cls(**{field.name: np.asarray(arrays[field.name], dtype=np.float64) for field in fields(cls)})

    def rescaled(self, x_exponents: Array, z_exponents: Array) -> "Totals":
        """Totals of x 2**x_exponents and z 2**z_exponents; exact, short of overflow.

        Parameters
        ----------
        x_exponents : (f,) whole numbers
        z_exponents : (q,) whole numbers
        """
        ex, ez = x_exponents.astype(np.int64), z_exponents.astype(np.int64)
        return Totals(
            count=self.count,
            sum_x=np.ldexp(self.sum_x, ex),
            sum_z=np.ldexp(self.sum_z, ez),
            szz=np.ldexp(self.szz, ez[:, None] + ez),
            szx=np.ldexp(self.szx, ez[:, None] + ex),
            sxx=np.ldexp(self.sxx, 2 * ex),
        )


@dataclass(frozen=True)
class Consensus:
    """What all sites agree on: the regression that batches deviate from. May carry leading axes (fits)."""

    count: Array
    """(...) patients of the fit"""
    alpha: Array
    """(..., f) mean of the features over all patients where the covariates are zero"""
    beta: Array
    """(..., q, f) effects of the covariates"""
    variance: Array
    """(..., f) of the residuals about the batches' means (ddof 0); exactly 0 where nothing varies"""

    def fit(self, index: int | tuple[int, ...]) -> "Consensus":
        """One fit of several."""
        return Consensus(self.count[index], self.alpha[index], self.beta[index], self.variance[index])


def stack(totals: Sequence[Totals]) -> Totals:
    """Put several fits behind each other on a new leading axis."""
    named = [one.arrays() for one in totals]
    return Totals(**{name: np.stack([one[name] for one in named]) for name in named[0]})


def exponents(largest: Array) -> Array:
    """Powers of two by which to divide, so that nothing is larger than one.

    Parameters
    ----------
    largest : (f,) largest absolute value of each feature (or covariate) over all sites

    Returns
    -------
    (f,) whole numbers e with largest / 2**e in (1/2, 1]; 0 where `largest` is 0
    """
    mantissa, exponent = np.frexp(largest)
    return np.where(mantissa == 0.5, exponent - 1, exponent).astype(np.float64)


def blocks(rows: Rows) -> Iterator[Rows]:
    """Cut row indices into pieces that fit the cache."""
    for start in range(0, len(rows), _ROWS):
        yield rows[start : start + _ROWS]


def batch_totals(x: Array, z: Array) -> Totals:
    """Totals of the patients of one batch.

    Parameters
    ----------
    x : (n, f) features
    z : (n, q) covariates, from `harmonization.design`
    """
    return _one_batch(x, z, np.arange(len(x)))


def site_totals(x: Array, batch: Labels, z: Array) -> Totals:
    """Totals of one site, for one fit: all that leaves it.

    Parameters
    ----------
    x : (n, f) features, scaled as agreed
    batch : (n,) label of each patient's batch; batches of other sites are other batches
    z : (n, q) covariates, from `harmonization.design`

    Returns
    -------
    Sums over the patients of the site; (q + 2) f + q^2 + q + 1 numbers, whatever the number of batches
    """
    return sum_totals(totals_by_batch(x, batch, z).values())


def totals_by_batch(x: Array, batch: Labels, z: Array) -> dict[str, Totals]:
    """Totals of each batch of a site, which stay there.

    Parameters
    ----------
    x, batch, z : as for `site_totals`
    """
    return {str(one): _one_batch(x, z, np.flatnonzero(batch == one)) for one in np.unique(batch)}


def sum_totals(totals: Iterable[Totals]) -> Totals:
    """Sum over batches or sites."""
    return reduce(add, totals)


def _one_batch(x: Array, z: Array, rows: Rows) -> Totals:
    """Two passes: the mean, then the products about it. A constant column leaves exact zeros.

    Starting from the first patient keeps the digits of features whose mean is large against their deviation.
    """
    n = len(rows)
    first = x[rows[0]]
    above = np.zeros(x.shape[1])
    for block in blocks(rows):
        above += (x[block] - first).sum(axis=0)
    mean = first + above / n
    zc = z[rows] - z[rows[0]]
    zc = zc - zc.mean(axis=0)
    szx, sxx, drift = np.zeros((z.shape[1], x.shape[1])), np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for start, block in zip(range(0, n, _ROWS), blocks(rows), strict=True):
        xc = x[block] - mean
        szx += zc[start : start + _ROWS].T @ xc
        sxx += np.einsum("ij,ij->j", xc, xc)
        drift += xc.sum(axis=0)
    return Totals(
        count=np.array(float(n)),
        sum_x=n * mean + drift,
        sum_z=z[rows].sum(axis=0),
        szz=zc.T @ zc,
        szx=szx,
        sxx=sxx - drift**2 / n,
    )


def residual_squares(totals: Totals, beta: Array) -> Array:
    """Sums of squares that the covariates' effects leave, (..., f): Sxx - 2 b'Szx + b'Szz b."""
    fitted = totals.szz @ beta
    return np.asarray(totals.sxx + np.einsum("...qf,...qf->...f", beta, fitted - 2 * totals.szx))


def solve(totals: Totals, reference: Totals | None = None, names: Sequence[str] | None = None) -> Consensus:
    """Solve ComBat's regression.

    Parameters
    ----------
    totals : summed over all sites
    reference : of the reference batch alone, where the study names one: location and scale are then its own
    names : (q,) names of the covariate columns, for errors

    Returns
    -------
    Effects beta = Szz^-1 Szx, alpha = (sum x - sum z beta) / N and variance = (Sxx - beta Szx) / N

    Raises
    ------
    RankDeficientError, naming the covariates, where batches and covariates are collinear.

    Reference: Johnson et al., Biostatistics 8 (2007) 118, section 3.1, step 1; Fortin et al., NeuroImage 161
    (2017) 149, equations 1-3.
    """
    q = totals.szz.shape[-1]
    require_full_rank(totals.szz, names or [f"covariate {column}" for column in range(q)])
    scale = np.sqrt(np.diagonal(totals.szz, axis1=-2, axis2=-1))
    correlation = totals.szz / (scale[..., :, None] * scale[..., None, :])
    beta = np.linalg.solve(correlation, totals.szx / scale[..., None]) / scale[..., None]
    whose = totals if reference is None else reference
    count = whose.count[..., None]
    alpha = (whose.sum_x - np.einsum("...q,...qf->...f", whose.sum_z, beta)) / count
    left = residual_squares(whose, beta)
    variance = np.where(left > _NOTHING_LEFT * whose.sxx, left, 0.0) / count
    return Consensus(count=totals.count, alpha=alpha, beta=beta, variance=variance)
