"""CovBat against its published algorithm on the pooled table, built from neuroCombat and an SVD."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmonization.combat import Settings, apply, fit_batch, harmonize_pooled
from harmonization.covbat import (
    apply_scores,
    components,
    fit_scores,
    harmonize_pooled_covariance,
    residuals,
)
from harmonization.errors import HarmonizationError
from harmonization.federated import site_totals, solve
from harmonization.products import Products, site_products
from harmonization.sums import total
from tests.harmonization.published_covbat import published
from tests.harmonization.reference import cohort, off


def correlated(seed, sizes=(60, 80, 70)):
    """Batches that differ in how features go together."""
    x, batch, z = cohort(seed, sizes=sizes, features=12)
    random = np.random.default_rng(seed)
    for label in np.unique(batch):
        x[batch == label] += random.normal(size=((batch == label).sum(), 2)) @ random.normal(size=(2, 12)) * 2
    return x, batch, z


def test_equals_the_published_algorithm():
    x, batch, z = correlated(1)
    ours = harmonize_pooled_covariance(x, batch, z, Settings())
    assert off(ours, published(x, batch, z[:, 0]), x) < 1e-9


@pytest.mark.real
def test_equals_the_published_algorithm_on_real_radiomics(real_data: Callable[[str], Path]):
    table = pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz")
    x = table.loc[:, table.columns.str.startswith("T1_")].to_numpy(dtype=np.float64)
    age = np.float32(table["age"]).astype(np.float64)
    batch = table["site"].to_numpy(dtype=str)
    ours = harmonize_pooled_covariance(x, batch, age[:, None], Settings())
    assert off(ours, published(x, batch, age), x) < 1e-8


def test_sites_together_equal_the_pooled_table():
    x, batch, z = correlated(2)
    sites = [batch == "b0", batch != "b0"]
    consensus = solve(total(site_totals(x[own], batch[own], z[own]) for own in sites))
    after = np.empty_like(x)
    for label in np.unique(batch):
        mine = batch == label
        after[mine] = apply(x[mine], z[mine], consensus, fit_batch(x[mine], z[mine], consensus, Settings()))
    left = residuals(after, z, consensus)
    sent = [Products.from_arrays(site_products(left[own], batch[own]).arrays()) for own in sites]
    computed = components(total(sent))
    ours = np.empty_like(x)
    for label in np.unique(batch):
        mine = batch == label
        ours[mine] = apply_scores(after[mine], left[mine], computed, fit_scores(left[mine], computed))
    assert off(ours, harmonize_pooled_covariance(x, batch, z, Settings()), x) < 1e-9


def test_covariances_of_batches_come_closer():
    x, batch, z = correlated(3)

    def apart(table):
        parts = [np.corrcoef(table[batch == label].T) for label in np.unique(batch)]
        return max(np.linalg.norm(a - b) for a in parts for b in parts)

    combat = harmonize_pooled(x, batch, z, Settings()).x
    assert apart(harmonize_pooled_covariance(x, batch, z, Settings())) < 0.9 * apart(combat)


def test_constant_features_stay():
    x, batch, z = correlated(4)
    ours = harmonize_pooled_covariance(np.column_stack([x, np.full(len(x), 3.3)]), batch, z, Settings())
    assert (ours[:, -1] == 3.3).all()
    assert off(ours[:, :-1], harmonize_pooled_covariance(x, batch, z, Settings()), x) < 1e-8


def test_missing_values_are_refused():
    x, batch, z = correlated(5)
    x[3, 3] = np.nan
    with pytest.raises(HarmonizationError, match="every feature of every patient"):
        harmonize_pooled_covariance(x, batch, z, Settings())
