"""ComBat's regression from totals: what a site sends, and what everybody solves from the sum.

Features x and covariates z are centred within each batch before products are taken, and the products of all
batches of a site are added up before they leave: the intercepts of the batches drop out of the normal
equations (Frisch, Waugh and Lovell), so the effects of the covariates and the pooled variance need no
quantity of a single batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harmonization.array import Array, Labels, Rows
from harmonization.errors import HarmonizationError
from harmonization.incomplete import Incomplete, present
from harmonization.rank import Called, require_full_rank
from harmonization.sums import Sums, total

_ROWS = 64
"""Patients that are worked on at a time: a block of a thousand features is half a megabyte and stays in the cache."""

_FIRST = 16
"""Patients whose mean is near enough to the batch's to keep the digits of products about it."""

NOTHING_LEFT = 1e-12
"""Share of a feature's within-batch sum of squares under which its residuals are rounding, not data."""

_SHARED = ("count", "sum_x", "sum_z", "szz", "szx", "sxx")
_OWN = ("count", "sum_z", "szz")
COMPLETE: Rows = np.empty(0, dtype=np.intp)
"""No feature is incomplete."""


@dataclass(frozen=True)
class Totals(Sums):
    """Sums over patients from which ComBat's regression follows; those of batches and of sites add up.

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
    incomplete: Incomplete | None = None
    """Of the features that some patients lack: what they cannot share with the others."""

    def __add__(self, other: "Totals") -> "Totals":
        mine, theirs = self.arrays(), other.arrays()
        return Totals.from_arrays({name: mine[name] + theirs[name] for name in mine}, self._features)

    def arrays(self) -> dict[str, Array]:
        """Flatten to named arrays, as they travel; without the incomplete features' own where there are none."""
        flat = {name: getattr(self, name) for name in _SHARED}
        if self.incomplete is not None:
            flat |= {f"incomplete_{name}": getattr(self.incomplete, name) for name in _OWN}
        return flat

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], incomplete: Rows = COMPLETE) -> "Totals":
        """Invert `arrays`, given which features are incomplete; other names are left aside."""
        shared = {name: np.asarray(arrays[name], dtype=np.float64) for name in _SHARED}
        whole = cls(**shared, incomplete=None)
        if not len(incomplete):
            return whole
        own = {name: np.asarray(arrays[f"incomplete_{name}"], dtype=np.float64) for name in _OWN}
        return replace(whole, incomplete=Incomplete(incomplete, **own))

    @property
    def _features(self) -> Rows:
        return COMPLETE if self.incomplete is None else self.incomplete.features

    @property
    def feature_count(self) -> Array:
        """(..., f) patients who have each feature."""
        count = np.broadcast_to(self.count[..., None], self.sum_x.shape).copy()
        if self.incomplete is not None:
            count[..., self.incomplete.features] = self.incomplete.count
        return count

    def covariate_sums(self, beta: Array) -> Array:
        """(..., f) sums of the covariates' effects z beta over the patients who have each feature."""
        sums = np.einsum("...q,...qf->...f", self.sum_z, beta)
        if self.incomplete is not None:
            own = beta[..., self.incomplete.features]
            sums[..., self.incomplete.features] = np.einsum("...mq,...qm->...m", self.incomplete.sum_z, own)
        return np.asarray(sums)

    def residual_squares(self, beta: Array) -> Array:
        """(..., f) sums of squares that the effects leave within batches: Sxx - 2 b'Szx + b'Szz b."""
        fitted = self.szz @ beta
        if self.incomplete is not None:
            own = beta[..., self.incomplete.features]
            fitted[..., self.incomplete.features] = np.einsum("...mqr,...rm->...qm", self.incomplete.szz, own)
        return np.asarray(self.sxx + np.einsum("...qf,...qf->...f", beta, fitted - 2 * self.szx))


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
    named = [arrays.arrays() for arrays in totals]
    stacked = {name: np.stack([arrays[name] for arrays in named]) for name in named[0]}
    return Totals.from_arrays(stacked, totals[0]._features)


def blocks(rows: Rows) -> Iterator[Rows | slice]:
    """Cut ascending row indices into pieces that fit the cache; slices, which copy nothing, where they can be."""
    contiguous = len(rows) > 0 and rows[-1] - rows[0] + 1 == len(rows)
    for start in range(0, len(rows), _ROWS):
        piece = rows[start : start + _ROWS]
        yield slice(piece[0], piece[-1] + 1) if contiguous else piece


def site_totals(x: Array, batch: Labels, z: Array, incomplete: Rows = COMPLETE) -> Totals:
    """Totals of one site, for one fit: all that leaves it.

    Parameters
    ----------
    x : (n, f) features; NaN only in the incomplete ones
    batch : (n,) label of each patient's batch; batches of other sites are other batches
    z : (n, q) covariates, from `harmonization.design`
    incomplete : (m,) features that some patient at some site lacks

    Returns
    -------
    Sums over the patients of the site; (q + 2) f + q^2 + q + 1 numbers, whatever the number of batches, and
    q^2 + q + 1 more for each incomplete feature

    Raises
    ------
    HarmonizationError if a value is missing in a feature that is not listed, or infinite.
    """
    nobody = _nobody(x.shape[1], z.shape[1], incomplete)
    return total([nobody, *totals_by_batch(x, batch, z, incomplete).values()])


def totals_by_batch(x: Array, batch: Labels, z: Array, incomplete: Rows = COMPLETE) -> dict[str, Totals]:
    """Totals of each batch of a site, which stay there.

    Parameters
    ----------
    x, batch, z, incomplete : as for `site_totals`
    """
    return {str(label): _one_batch(x, z, np.flatnonzero(batch == label), incomplete) for label in np.unique(batch)}


def batch_totals(x: Array, z: Array, incomplete: Rows = COMPLETE) -> Totals:
    """Totals of the patients of one batch.

    Parameters
    ----------
    x, z, incomplete : as for `site_totals`
    """
    return _one_batch(x, z, np.arange(len(x)), incomplete)


def _one_batch(x: Array, z: Array, rows: Rows, incomplete: Rows) -> Totals:
    """Read the patients once, a block at a time: products about the first patients' mean, then moved to the batch's.

    That keeps the digits of features whose mean is large against their deviation: the first b patients are part
    of the batch, so the square of their mean's distance from the batch's is at most n / b variances, and as many
    roundings are what the move costs. Reference: Chan, Golub and LeVeque, Am Stat 37 (1983) 242 (shifted data).
    """
    n, q, f = len(rows), z.shape[1], x.shape[1]
    if n == 0:
        return _nobody(f, q, incomplete)
    zc = z[rows] - z[rows[0]]
    zc -= zc.mean(axis=0)
    with_ones = np.ascontiguousarray(np.column_stack([np.ones(n), zc]).T)
    pieces = list(blocks(rows))
    near, sums, sxx = _near_the_mean(x[rows[:_FIRST]]), np.zeros((1 + q, f)), np.zeros(f)
    room = np.empty((min(n, _ROWS), f))
    for start, piece in zip(range(0, n, _ROWS), pieces, strict=True):
        size = min(_ROWS, n - start)
        away = np.subtract(x[piece], near, out=room[:size])
        sums += with_ones[:, start : start + size] @ away
        sxx += np.einsum("ij,ij->j", away, away)
    above = sums[0] / n
    totals = Totals(
        count=np.array(float(n)),
        sum_x=n * (near + above),
        sum_z=z[rows].sum(axis=0),
        szz=zc.T @ zc,
        szx=sums[1:] - zc.sum(axis=0)[:, None] * above,
        sxx=sxx - sums[0] * above,
    )
    if len(incomplete):
        totals = _with_incomplete(totals, x[rows], z[rows], incomplete)
    unlisted = np.flatnonzero(~np.isfinite(totals.sum_x))
    if len(unlisted):
        raise HarmonizationError(
            f"feature {unlisted[0]} (and {len(unlisted) - 1} more) has missing or infinite values; list it as "
            "incomplete when the sites describe their data, or leave it out"
        )
    return totals


def _near_the_mean(x: Array) -> Array:
    """(f,) mean of some patients, taken from the first one on: exactly their value where all have the same."""
    return np.asarray(x[0] + (x - x[0]).mean(axis=0))


def _nobody(f: int, q: int, incomplete: Rows) -> Totals:
    m = len(incomplete)
    own = Incomplete(incomplete, np.zeros(m), np.zeros((m, q)), np.zeros((m, q, q))) if m else None
    return Totals(
        count=np.zeros(()),
        sum_x=np.zeros(f),
        sum_z=np.zeros(q),
        szz=np.zeros((q, q)),
        szx=np.zeros((q, f)),
        sxx=np.zeros(f),
        incomplete=own,
    )


def _with_incomplete(totals: Totals, x: Array, z: Array, incomplete: Rows) -> Totals:
    there = present(x, z, incomplete)
    sum_x, szx, sxx = totals.sum_x.copy(), totals.szx.copy(), totals.sxx.copy()
    sum_x[incomplete], szx[:, incomplete], sxx[incomplete] = there.sum_x, there.szx, there.sxx
    return replace(totals, sum_x=sum_x, szx=szx, sxx=sxx, incomplete=there.incomplete)


def solve(totals: Totals, reference: Totals | None = None, called: Called | None = None) -> Consensus:
    """Solve ComBat's regression.

    Parameters
    ----------
    totals : summed over all sites
    reference : of the reference batch alone, where the study names one: location and scale are then its own
    called : names of covariates, fits and features, for errors

    Returns
    -------
    Effects beta = Szz^-1 Szx, alpha = (sum x - sum z beta) / N and variance = (Sxx - beta Szx) / N

    Raises
    ------
    RankDeficientError, naming the covariates and the fit, where batches and covariates are collinear.

    Reference: Johnson et al., Biostatistics 8 (2007) 118, section 3.1, step 1; Fortin et al., NeuroImage 161
    (2017) 149, equations 1-3.
    """
    called = called or Called(tuple(f"covariate {column}" for column in range(totals.szz.shape[-1])))
    beta = _effects(totals.szz, totals.szx, called.covariates, called.fits)
    if totals.incomplete is not None:
        own = totals.incomplete
        cross_products = np.moveaxis(totals.szx[..., own.features], -2, -1)[..., None]
        # A feature that nobody of a fit has has no effects.
        szz = np.where((own.count == 0)[..., None, None], np.eye(len(called.covariates)), own.szz)
        effects = _effects(szz, cross_products, called.covariates, called.having(own.features.tolist()))
        beta[..., own.features] = np.moveaxis(effects[..., 0], -1, -2)
    whose = totals if reference is None else reference
    count = whose.feature_count
    with np.errstate(invalid="ignore"):  # a feature that nobody has is NaN, and stays so
        alpha = (whose.sum_x - whose.covariate_sums(beta)) / count
        left = whose.residual_squares(beta)
        variance = np.where(left > NOTHING_LEFT * whose.sxx, left / count, 0.0)
    return Consensus(count=totals.count, alpha=alpha, beta=beta, variance=variance)


def _effects(szz: Array, szx: Array, names: Sequence[str], where: Sequence[str]) -> Array:
    """Solve Szz beta = Szx in units in which every covariate has a sum of squares of one."""
    require_full_rank(szz, names, where)
    scale = np.sqrt(np.diagonal(szz, axis1=-2, axis2=-1))
    correlation = szz / (scale[..., :, None] * scale[..., None, :])
    return np.asarray(np.linalg.solve(correlation, szx / scale[..., None]) / scale[..., None])
