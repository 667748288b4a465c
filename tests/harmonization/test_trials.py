"""All probes at once, from sums of sites: as from one table, and finding what they should on real radiomics."""

from dataclasses import replace

import numpy as np
import pytest

from harmonization import probe_forest, probe_linear, trials
from harmonization.combat import Settings, harmonize_pooled
from harmonization.probe_auc import auc, score_counts
from harmonization.probe_forest import Forest, Size
from harmonization.trials import AFTER, BEFORE, FIRST_DEAL, Plan
from tests.harmonization.federation import ispy1
from tests.harmonization.run_of_trials import SEED, run, seen

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def hospitals(real_data):
    return ispy1(real_data("ispy1_radiomics"))


@pytest.fixture(scope="module")
def plan(hospitals):
    return Plan(classes=len(hospitals), folds=5, deals=10, size=Size(20, 3, 20), seed=SEED, smallest=1)


@pytest.fixture(scope="module")
def found(hospitals, plan):
    sites = seen(hospitals, plan.deals, plan.folds)
    return sites, *run(sites, plan)


def test_permuted_tables_are_those_of_the_pooled_table(found):
    sites, dealt, *_ = found
    x, z = (np.concatenate([getattr(one, name) for one in sites]) for name in ("before", "z"))
    ours = [list(trials.tables(one, dealt)) for one in sites]
    for deal in (0, 7):
        labels = np.concatenate([one.dealt[deal] for one in sites])
        expected = harmonize_pooled(x, labels, z, Settings()).x
        together = np.concatenate([one[FIRST_DEAL + deal] for one in ours])
        assert np.abs(together - expected).max() < 1e-10


@pytest.mark.parametrize("table", [BEFORE, AFTER, FIRST_DEAL + 1])
def test_probes_are_those_of_the_pooled_table(found, plan, table):
    sites, dealt, grown, counts, metric = found
    u = np.concatenate([list(trials.tables(one, dealt))[table] for one in sites])
    label = np.concatenate([one.labels(table) for one in sites])
    fold_of = np.concatenate([one.fold for one in sites])
    expected = np.zeros_like(counts[table])
    for trial, (of, fold) in enumerate(plan.trials):
        if of != table:
            continue
        rows = fold_of != fold
        forest = Forest.seed(plan.size)
        for _ in range(plan.size.depth):
            forest = probe_forest.grow(
                forest, probe_forest.level_counts(u[rows], label[rows], plan.classes, grown.rules, forest)
            )
        np.testing.assert_array_equal(forest.chosen, grown.forests[trial].chosen)
        solved = probe_linear.discriminant(probe_linear.class_sums(u[rows], label[rows], plan.classes), metric)
        for probe, given in enumerate(
            (solved.probabilities(u[~rows]), probe_forest.probabilities(u[~rows], grown.rules, forest))
        ):
            expected[probe] += score_counts(given, label[~rows], trials.SCORES)
    # a patient whose probability lies on a limit may fall to either side of it
    assert np.abs(counts[table] - expected).sum() <= 4
    assert auc(counts[table]) == pytest.approx(auc(expected), abs=1e-3)


def test_on_real_radiomics_the_linear_probe_is_blinded_and_the_forest_is_not(found, plan):
    real, dealt = trials.areas(plan, found[3])
    linear, forest = range(2)
    assert real[BEFORE, linear] > 0.7
    assert real[AFTER, linear] < 0.3
    assert real[BEFORE, forest] > 0.7
    assert real[AFTER, forest] > real[BEFORE, forest]
    # ComBat on labels that mean nothing writes them into the features just as well
    assert dealt[:, forest].mean() > 0.85
    assert dealt.shape == (2, 2)


def test_nodes_of_few_patients_are_counted_no_further(found, plan):
    sites, dealt, *_ = found
    careful = replace(plan, smallest=40)
    _, grown, counts, _ = run(sites, careful)
    level = replace(grown, forests=tuple(Forest(one.chosen[:, :3], _leaves(one)) for one in grown.forests))
    divided = sum(trials.level_sums(one, dealt, level)[0] for one in sites)
    of_node = divided[:, :, :, -1].sum(axis=-1)
    assert ((of_node == 0) | (of_node >= 40)).all()
    assert (of_node == 0).any()
    assert auc(counts[:FIRST_DEAL])[BEFORE, 1] > 0.6


def _leaves(forest):
    """Patients of each class in the nodes of the level before the last, of a forest of three levels."""
    below = forest.leaves.reshape(len(forest.leaves), 4, 2, -1)
    same = (below[:, :, 0] == below[:, :, 1]).all(axis=-1, keepdims=True)
    return np.where(same, below[:, :, 0], below.sum(axis=2))


def test_a_missing_value_lies_at_the_mean(found):
    sites, dealt, *_ = found
    first = replace(sites[0], before=sites[0].before.copy(), after=sites[0].after.copy())
    first.before[2, 5] = first.after[2, 5] = np.nan
    assert all(table[2, 5] == 0 for table in trials.tables(first, dealt))
