"""Batches that several sites share equal the pooled table with the same labels."""

import numpy as np
import pytest

from harmonization.combat import Settings, apply, effect, harmonize_pooled
from harmonization.errors import HarmonizationError
from harmonization.federated import Totals, site_totals, solve, totals_by_batch
from harmonization.joint import about, all_batches, joint_totals, require_shared, within
from harmonization.sums import total
from tests.harmonization.reference import cohort, off


@pytest.mark.parametrize("holes", [False, True])
def test_joined_and_apart_equal_the_pooled_table(holes):
    x, _, z = cohort(1, sizes=(20, 25, 15))
    random = np.random.default_rng(2)
    site = np.repeat(["s0", "s1", "s2"], (20, 25, 15))
    model = random.choice(["Signa", "Avanto", "own"], len(x))
    batch = np.where(model == "own", np.char.add(site, "/own"), model)
    x[batch == "Signa"] += 2.0
    x = x + 1e5  # digits must survive a large mean
    incomplete = np.array([2]) if holes else np.array([], dtype=int)
    if holes:
        x[::6, 2] = np.nan
    joined = ["Avanto", "Signa"]
    centre_x, centre_z = np.nanmean(x, axis=0).round(), z.mean(axis=0).round()
    apart, shared = [], []
    for own in (site == name for name in ("s0", "s1", "s2")):
        alone = own & (model == "own")
        apart.append(site_totals(x[alone], batch[alone], z[alone], incomplete))
        sent = joint_totals(x[own], batch[own], z[own], joined, centre_x, centre_z, incomplete).arrays()
        shared.append(Totals.from_arrays(sent, incomplete))
    together = within(total(shared), centre_x, centre_z)
    consensus = solve(all_batches(total(apart), together))
    pooled = harmonize_pooled(x, batch, z, Settings())
    scale = np.nanstd(x, axis=0)
    assert np.nanmax(np.abs(consensus.alpha - pooled.consensus.alpha) / scale) < 1e-9
    for index, label in enumerate(joined):
        mine = batch == label
        one = Totals.from_arrays({name: values[index] for name, values in together.arrays().items()}, incomplete)
        ours = apply(x[mine], z[mine], consensus, effect(one, consensus, Settings()))
        assert np.nanmax(np.abs(ours - pooled.x[mine]) / scale) < 1e-9
    for label, one in totals_by_batch(x[model == "own"], batch[model == "own"], z[model == "own"], incomplete).items():
        mine = batch == label
        ours = apply(x[mine], z[mine], consensus, effect(one, consensus, Settings()))
        assert np.nanmax(np.abs(ours - pooled.x[mine]) / scale) < 1e-9


def test_moving_to_a_centre_and_back_changes_nothing():
    x, batch, z = cohort(3)
    totals = site_totals(x[batch == "b0"], batch[batch == "b0"], z[batch == "b0"])
    centre_x, centre_z = np.full(x.shape[1], 0.7), np.array([45.0])
    back = within(about(totals, centre_x, centre_z), centre_x, centre_z)
    for name, values in totals.arrays().items():
        assert back.arrays()[name] == pytest.approx(values, rel=1e-10)


def test_joined_batches_differ_from_batches_kept_apart():
    x, batch, z = cohort(4)
    joined = np.where(batch == "b2", "b1", batch)
    difference = harmonize_pooled(x, joined, z, Settings()).x - harmonize_pooled(x, batch, z, Settings()).x
    assert off(difference, 0, x) > 0.1


def test_two_sites_may_not_join_a_batch():
    require_shared({"Signa": {"s0", "s1", "s2"}})
    with pytest.raises(HarmonizationError, match=r"batch Avanto is joined across 2 site\(s\) \(s0, s3\)"):
        require_shared({"Signa": {"s0", "s1", "s2"}, "Avanto": {"s0", "s3"}})
