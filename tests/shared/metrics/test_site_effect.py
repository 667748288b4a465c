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
    computed = site_effect(EDGES, counts)
    assert computed.p_value == pytest.approx(f_oneway(*grouped).pvalue, rel=1e-10)
    assert computed.means == pytest.approx([group.mean() for group in grouped])
    assert computed.sds == pytest.approx([group.std(ddof=1) for group in grouped])
    everyone = np.concatenate(grouped)
    between = sum(group.size * (group.mean() - everyone.mean()) ** 2 for group in grouped)
    assert computed.explained == pytest.approx(between / ((everyone - everyone.mean()) ** 2).sum())


def test_what_cannot_be_told_is_not_a_number():
    constant = np.zeros((2, 20), dtype=int)
    constant[:, 3] = 5
    assert np.isnan(site_effect(EDGES, constant).explained)
    empty_site = np.zeros((2, 20), dtype=int)
    empty_site[0, 2:6] = 4
    computed = site_effect(EDGES, empty_site)
    assert np.isnan(computed.means[1])
    assert np.isnan(computed.p_value)


def test_disjoint_constant_sites_are_wholly_explained():
    counts = np.zeros((2, 20), dtype=int)
    counts[0, 3] = counts[1, 9] = 6
    computed = site_effect(EDGES, counts)
    assert (computed.explained, computed.p_value) == (1.0, 0.0)
