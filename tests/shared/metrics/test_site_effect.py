import numpy as np
import pytest
from scipy.stats import f_oneway

from shared.metrics.site_effect import site_effect

EDGES = np.linspace(-4, 6, 21)


def test_equals_scipy_on_the_grouped_values():
    rng = np.random.default_rng(12)
    values = [rng.normal(shift, 1, size) for shift, size in ((0, 40), (0.6, 55), (1.1, 30))]
    counts = np.stack([np.histogram(one, EDGES)[0] for one in values])
    middle = (EDGES[1:] + EDGES[:-1]) / 2
    grouped = [np.repeat(middle, row) for row in counts]
    found = site_effect(EDGES, counts)
    assert found.p_value == pytest.approx(f_oneway(*grouped).pvalue, rel=1e-10)
    assert found.means == pytest.approx([one.mean() for one in grouped])
    assert found.sds == pytest.approx([one.std(ddof=1) for one in grouped])
    everyone = np.concatenate(grouped)
    between = sum(one.size * (one.mean() - everyone.mean()) ** 2 for one in grouped)
    assert found.explained == pytest.approx(between / ((everyone - everyone.mean()) ** 2).sum())


def test_what_cannot_be_told_is_not_a_number():
    constant = np.zeros((2, 20), dtype=int)
    constant[:, 3] = 5
    assert np.isnan(site_effect(EDGES, constant).explained)
    empty_site = np.zeros((2, 20), dtype=int)
    empty_site[0, 2:6] = 4
    found = site_effect(EDGES, empty_site)
    assert np.isnan(found.means[1])
    assert np.isnan(found.p_value)


def test_disjoint_constant_sites_are_wholly_explained():
    counts = np.zeros((2, 20), dtype=int)
    counts[0, 3] = counts[1, 9] = 6
    found = site_effect(EDGES, counts)
    assert (found.explained, found.p_value) == (1.0, 0.0)
