"""Federated ComBat against neuroCombat on the pooled table: time, equality, bytes, memory; all in the same run."""

import contextlib
import io
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pandas as pd
from neuroCombat import neuroCombat
from threadpoolctl import threadpool_limits

from harmonization.array import Array
from harmonization.combat import Settings, apply, effect, harmonize_pooled
from harmonization.federated import Totals, batch_totals, solve
from harmonization.sums import total
from shared.contract.fixed_point import FixedPoint
from tests.bench.figure import Figure

FEATURES = 1000
REPEATS = 4
Result = TypeVar("Result")


@dataclass(frozen=True)
class Table:
    """Patients of several sites, each a batch, site after site."""

    x: Array
    z: Array
    sites: list[slice]

    @property
    def batch(self) -> Array:
        return np.repeat(np.arange(len(self.sites)), [site.stop - site.start for site in self.sites])


def table(patients: int, sites: int, seed: int = 0) -> Table:
    """Draw features with location and scale effects of every site, and two covariates that act on them."""
    random = np.random.default_rng(seed)
    limits = np.linspace(0, patients, sites + 1).astype(int)
    age = np.round(random.normal(52, 11, patients))
    z = np.column_stack([age, random.integers(0, 2, patients)]).astype(np.float64)
    x = random.standard_normal((patients, FEATURES))
    x += z @ (random.normal(size=(2, FEATURES)) * [[0.02], [0.3]])
    parts = [slice(int(start), int(stop)) for start, stop in pairwise(limits)]
    for part in parts:
        x[part] *= random.uniform(0.6, 1.6, FEATURES)
        x[part] += random.normal(0, 0.7, FEATURES)
    return Table(x, z, parts)


def federated(given: Table, out: Array | None = None) -> tuple[Array, list[Totals]]:
    """Do what all sites do, one after the other: sums, then the solution, then the batch's effect."""
    kept = [batch_totals(given.x[site], given.z[site]) for site in given.sites]
    consensus = solve(total(kept))
    effects = [effect(own, consensus, Settings()) for own in kept]
    out = np.empty_like(given.x) if out is None else out
    for site, own in zip(given.sites, effects, strict=True):
        apply(given.x[site], given.z[site], consensus, own, out[site])
    return out, kept


def theirs(given: Table) -> Array:
    """Run the reference implementation on the pooled table."""
    covars = pd.DataFrame({"batch": given.batch, "age": given.z[:, 0], "sex": given.z[:, 1]})
    with contextlib.redirect_stdout(io.StringIO()):
        pooled = neuroCombat(given.x.T, covars, "batch", continuous_cols=["age", "sex"])["data"]
    return np.asarray(pooled).T


def textbook(given: Table, features: int = 250) -> Array:
    """Pooled ComBat as Johnson 2007 writes it, least squares by QR, in float64; its own code, not ours.

    Works on some features at a time, except for the priors, which need them all.
    """
    batch, sites = given.batch, len(given.sites)
    design = np.column_stack([batch[:, None] == np.arange(sites), given.z])
    q, r = np.linalg.qr(design)
    shares = np.bincount(batch) / len(batch)
    standard = np.empty_like(given.x)
    mean, deviation = np.empty_like(given.x), np.empty(FEATURES)
    for start in range(0, FEATURES, features):
        some = slice(start, start + features)
        coefficients = np.linalg.solve(r, q.T @ given.x[:, some])
        residual = given.x[:, some] - design @ coefficients
        deviation[some] = np.sqrt((residual**2).mean(axis=0))
        mean[:, some] = shares @ coefficients[:sites] + given.z @ coefficients[sites:]
        standard[:, some] = (given.x[:, some] - mean[:, some]) / deviation[some]
    for site in given.sites:
        s = standard[site]
        n, g_hat, d_hat = len(s), s.mean(axis=0), s.var(axis=0, ddof=1)
        g_bar, t2 = g_hat.mean(), g_hat.var(ddof=1)
        m, s2 = d_hat.mean(), d_hat.var(ddof=1)
        a, b = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
        g, d, change = g_hat, d_hat, 1.0
        while change > 1e-4:
            g_new = (t2 * n * g_hat + d * g_bar) / (t2 * n + d)
            d_new = (0.5 * ((s - g_new) ** 2).sum(axis=0) + b) / (n / 2 + a - 1)
            change = max((abs(g_new - g) / g).max(), (abs(d_new - d) / d).max())
            g, d = g_new, d_new
        standard[site] = (s - g) / np.sqrt(d)
    standard *= deviation
    standard += mean
    return standard


def off(ours: Array, reference: Array, x: Array) -> float:
    """Largest difference in units of the feature's standard deviation, one feature after the other."""
    return max(float(np.abs(ours[:, f] - reference[:, f]).max() / x[:, f].std()) for f in range(x.shape[1]))


def timed(call: Callable[[Table], Result], given: Table) -> tuple[Result, float]:
    """Result, and processor seconds: what others do on the machine meanwhile does not count."""
    start = time.process_time()
    result = call(given)
    return result, time.process_time() - start


def figures() -> Iterator[Figure]:
    """Measure."""
    for sites, target in ((5, 20.0), (50, 50.0)):
        given = table(10_000, sites)
        with threadpool_limits(1):
            # Turn about, so that what slows the machine slows both; the best of each is what the code takes.
            rounds = [(timed(federated, given)[1], timed(theirs, given)[1]) for _ in range(REPEATS)]
            (ours, kept), reference = federated(given), theirs(given)
        ours_s, theirs_s = (min(seconds) for seconds in zip(*rounds, strict=True))
        worst = min(slow / fast for fast, slow in rounds)
        name = f"combat 1000 features x 10000 patients x {sites} sites"
        yield Figure(f"{name}: times faster than neuroCombat on one core", theirs_s / ours_s, "x", "higher", target)
        yield Figure(f"{name}: the same in the worst of {REPEATS} rounds", worst, "x", "higher")
        yield Figure(f"{name}: seconds of all sites together", ours_s, "s", "lower")
        yield Figure(f"{name}: off neuroCombat", off(ours, reference, given.x), "SD of the feature", "lower", 1e-10)
        f, q = FEATURES, given.z.shape[1]
        sent = kept[0].arrays().values()
        clear = sum(values.nbytes for values in sent)
        masked = sum(FixedPoint().encode(values, sites).nbytes for values in sent)
        yield Figure(f"{name}: bytes up of 8 (q + 2) f, in the clear", clear / (8 * (q + 2) * f), "x", "lower", 1.01)
        yield Figure(f"{name}: bytes up of 16 (q + 2) f, masked", masked / (16 * (q + 2) * f), "x", "lower", 1.01)
        yield Figure(f"{name}: peak memory of data and one copy", _peak(given), "x", "lower", 1.05)
    del ours, reference, given
    large = table(100_000, 50)
    pooled = textbook(large)
    ours, _ = federated(large)
    name = "combat 1000 features x 100000 patients x 50 sites"
    yield Figure(f"{name}: off a pooled textbook reference", off(ours, pooled, large.x), "SD", "lower", 1e-10)


def _peak(given: Table) -> float:
    """Memory at its highest, while the pooled function runs, over that of the data and one copy."""
    batch = given.batch
    tracemalloc.start()
    harmonize_pooled(given.x, batch, given.z, Settings())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (given.x.nbytes + peak) / (2 * given.x.nbytes)
