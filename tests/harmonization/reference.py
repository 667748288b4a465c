"""Tables with known effects, and the reference implementation behind one call."""

import contextlib
import io
import warnings

import neuroCombat as nc
import numpy as np
import pandas as pd


def neuro_combat(x, batch, covariates=None, **options):
    """Run the reference implementation on a patients x features table; float64 in, float64 out."""
    covars = pd.DataFrame({"batch": batch, **(covariates or {})})
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it divides by zero where a batch has one patient
        return nc.neuroCombat(x.T.copy(), covars, "batch", **options)


def off(ours, theirs, x):
    """Largest difference in units of each feature's standard deviation."""
    return np.abs((ours - theirs) / x.std(axis=0)).max()


def no_covariates(x):
    return np.empty((len(x), 0))


def cohort(seed, sizes=(14, 9, 21), features=30):
    """Patients of several batches with location and scale effects, a covariate and its effect."""
    random = np.random.default_rng(seed)
    batch = np.repeat([f"b{index}" for index in range(len(sizes))], sizes)
    z = np.float32(random.normal(50, 10, (sum(sizes), 1))).astype(np.float64)
    x = random.normal(size=(sum(sizes), features)) + 0.05 * z * random.normal(size=features)
    for index in range(len(sizes)):
        mine = batch == f"b{index}"
        x[mine] = x[mine] * random.uniform(0.5, 2, features) + random.normal(size=features)
    return x, batch, z
