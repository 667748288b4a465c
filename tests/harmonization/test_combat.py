"""ComBat against neuroCombat, the R implementation and its own properties."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import neuroCombat as nc
import numpy as np
import pandas as pd
import pytest

from harmonization.combat import Settings, Shrinkage, apply, fit_batch, harmonise_pooled
from harmonization.federated import site_totals, solve
from harmonization.sums import total

RealData = Callable[[str], Path]
EXACT = 1e-10
"""Of the feature's standard deviation."""

NONE = Settings(shrinkage=Shrinkage.NONE)


def neuro_combat(x, batch, covariates=None, **options):
    """Run the reference implementation on a patients x features table; float64 in, float64 out."""
    covars = pd.DataFrame({"batch": batch, **(covariates or {})})
    with contextlib.redirect_stdout(io.StringIO()):
        return nc.neuroCombat(x.T.copy(), covars, "batch", **options)


def off(ours, theirs, x):
    """Largest difference in units of each feature's standard deviation."""
    return np.abs((ours - theirs) / x.std(axis=0)).max()


@pytest.fixture(scope="module")
def ispy(real_data: RealData):
    table = pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz")
    x = table.loc[:, table.columns.str.startswith("T1_")].to_numpy(dtype=np.float64)
    return x, table["site"].to_numpy(dtype=str), table["age"].to_numpy(dtype=np.float64)


VARIANTS = [
    (Settings(), {}),
    (NONE, {"eb": False}),
    (Settings(mean_only=True), {"mean_only": True}),
    (Settings(Shrinkage.NONE, mean_only=True), {"eb": False, "mean_only": True}),
    (Settings(Shrinkage.NONPARAMETRIC), {"parametric": False}),
    (Settings(Shrinkage.NONPARAMETRIC, mean_only=True), {"parametric": False, "mean_only": True}),
]


@pytest.mark.real
@pytest.mark.parametrize(("settings", "options"), VARIANTS)
def test_equals_neurocombat_on_real_radiomics(ispy, settings, options):
    x, site, age = ispy
    age = np.float32(age).astype(np.float64)  # the reference casts covariates to float32
    theirs = neuro_combat(x, site, {"age": age}, continuous_cols=["age"], **options)["data"].T
    assert off(harmonise_pooled(x, site, age[:, None], settings).x, theirs, x) < EXACT


@pytest.mark.real
@pytest.mark.parametrize("covariate", ["adjusted", "unadjusted"])
@pytest.mark.parametrize(("suffix", "settings"), [("", Settings()), ("_noeb", NONE)])
def test_equals_r_implementation(real_data: RealData, covariate, suffix, settings):
    folder = real_data("combat_reference")
    x = pd.read_csv(folder / "input.csv").to_numpy(dtype=np.float64).T
    theirs = pd.read_csv(folder / f"testdata_combat_parametric_{covariate}{suffix}_r.csv").to_numpy().T
    batch = np.repeat([1, 2], 5)
    z = np.tile([0.0, 1.0], 5)[:, None] if covariate == "adjusted" else np.empty((10, 0))
    assert off(harmonise_pooled(x, batch, z, settings).x, theirs, x) < EXACT


@pytest.mark.real
def test_sites_together_equal_the_pooled_table(ispy):
    x, site, age = ispy
    z = age[:, None]
    sites = {name: site == name for name in np.unique(site)}
    consensus = solve(total(site_totals(x[own], site[own], z[own]) for own in sites.values()))
    ours = np.empty_like(x)
    for own in sites.values():
        effect = fit_batch(x[own], z[own], consensus, Settings())
        ours[own] = apply(x[own], z[own], consensus, effect)
    assert off(ours, harmonise_pooled(x, site, z, Settings()).x, x) < EXACT
