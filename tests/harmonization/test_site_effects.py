"""What ComBat does to real radiomics of four hospitals, found from sums."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import f_oneway, levene

from harmonization import assess
from harmonization.combat import Settings, harmonize_pooled
from harmonization.probe_forest import Size
from tests.harmonization.federation import (
    Hospital,
    Prober,
    assessment,
    consensus_of,
    dealt,
    harmonized,
    ispy1,
    on_common_scale,
)
from tests.harmonization.reference import off

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def hospitals(real_data: Callable[[str], Path]) -> list[Hospital]:
    return ispy1(real_data("ispy1_radiomics"))


def sites(hospitals):
    return [np.full(len(one.x), one.name) for one in hospitals]


def test_features_that_differ_by_site_are_those_of_the_pooled_table(hospitals):
    ours = assessment(hospitals, consensus_of(hospitals))
    means = f_oneway(*(one.x for one in hospitals)).pvalue
    spreads = [levene(*(one.x[:, f] for one in hospitals)).pvalue for f in range(len(means))]
    assert ours.site_means.p == pytest.approx(means, rel=1e-6)
    assert ours.site_spreads.p == pytest.approx(spreads, rel=1e-6)
    assert assess.differing(ours.site_means) == assess.Differing(bonferroni=71, false_discovery=203)
    after = assessment(harmonized(hospitals, Settings()), consensus_of(hospitals))
    assert assess.differing(after.site_means) == assess.Differing(bonferroni=0, false_discovery=0)


def test_most_features_are_skewed_or_tied(hospitals):
    shape = assessment(hospitals, consensus_of(hospitals)).shape
    assert (np.abs(shape.skewness) >= 1).sum() == 273
    assert shape.awkward.sum() >= 278


def test_permuted_batches_over_all_sites_equal_combat_on_the_pooled_table(hospitals):
    x = np.concatenate([one.x for one in hospitals])
    z = np.concatenate([one.z for one in hospitals])
    for tables, labels in dealt(hospitals, [3, 4], Settings()):
        pooled = harmonize_pooled(x, np.concatenate(labels), z, Settings()).x
        assert off(np.concatenate(tables), pooled, x) < 1e-9


def test_combat_hides_the_site_from_a_line_and_writes_it_into_skewed_features(hospitals):
    common = consensus_of(hospitals)
    before = on_common_scale(hospitals, common)
    after = on_common_scale(harmonized(hospitals, Settings()), common)
    everything = np.ones(before[0].shape[1], dtype=bool)
    prober = Prober(before, Size(), 0, everything)
    line, forest = prober.auc(before, sites(hospitals))
    assert 0.70 < line < 0.85
    assert 0.70 < forest < 0.85
    line, forest = prober.auc(after, sites(hospitals))
    assert line < 0.25
    assert forest > 0.9
    # the same with labels that mean nothing: what the forest sees was written by ComBat
    [(tables, labels)] = dealt(hospitals, [1], Settings())
    assert 0.4 < prober.auc(before, labels)[1] < 0.6
    written = [(table - common.alpha) / np.sqrt(common.variance) for table in tables]
    assert prober.auc(written, labels)[1] > 0.9
    straight = ~assessment(hospitals, common).shape.awkward
    without = Prober(before, Size(), 0, straight)
    assert without.auc(written, labels)[1] < 0.6
