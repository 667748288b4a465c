"""A hospital that was not in the fit."""

import numpy as np
import pytest
from scipy.stats import invgamma, norm

from harmonization.combat import Settings, Shrinkage, apply, harmonize_pooled
from harmonization.errors import TooFewPatientsError
from harmonization.federated import site_totals, solve
from harmonization.unseen_site import join, uncertainty
from tests.harmonization.reference import cohort, no_covariates

NONE = Settings(Shrinkage.NONE)


def frozen(sizes=(60, 70), features=40):
    x, batch, z = cohort(1, sizes=(*sizes, 400), features=features)
    old = batch != "b2"
    return solve(site_totals(x[old], batch[old], z[old])), x[~old], z[~old]


def test_an_unseen_site_comes_to_the_common_location_and_scale():
    consensus, x, z = frozen()
    unseen_site = join(x[:200], z[:200], consensus, NONE)
    unseen = apply(x[200:], z[200:], consensus, unseen_site.effect)
    residual = (unseen - consensus.alpha - z[200:] @ consensus.beta) / np.sqrt(consensus.variance)
    assert np.abs(residual.mean(axis=0)).max() < 0.4
    assert np.abs(np.log(residual.std(axis=0))).max() < 0.25
    raw = (x[200:] - consensus.alpha - z[200:] @ consensus.beta) / np.sqrt(consensus.variance)
    assert np.abs(residual.mean(axis=0)).mean() < 0.2 * np.abs(raw.mean(axis=0)).mean()


def test_nobody_refits_and_the_others_do_not_move():
    x, batch, z = cohort(2)
    before = harmonize_pooled(x, batch, z, Settings())
    join(x[batch == "b1"] + 5, z[batch == "b1"], before.consensus, Settings(), fewest=9)
    again = harmonize_pooled(x, batch, z, Settings())
    assert np.array_equal(before.x, again.x)


def test_a_member_that_joins_as_an_unseen_site_gets_its_own_effect_back():
    x, batch, z = cohort(3)
    pooled = harmonize_pooled(x, batch, z, Settings())
    mine = batch == "b2"
    effect = join(x[mine], z[mine], pooled.consensus, Settings()).effect
    assert effect.gamma_star == pytest.approx(pooled.effects["b2"].gamma_star, rel=1e-12)
    assert effect.delta_star == pytest.approx(pooled.effects["b2"].delta_star, rel=1e-12)


@pytest.mark.parametrize(("patients", "words"), [(19, r"known to ±0\.45"), (0, "0 patients of the new batch")])
def test_too_few_patients_are_refused_with_the_uncertainty(patients, words):
    consensus, x, z = frozen()
    with pytest.raises(TooFewPatientsError, match=words):
        join(x[:patients], z[:patients], consensus, Settings())


def test_twenty_unlabelled_patients_are_enough_by_default():
    consensus, x, z = frozen()
    assert "±" in join(x[:20], z[:20], consensus, Settings()).uncertainty.words


def test_interval_without_a_prior_by_hand():
    # 16 patients, variance 1: the mean is known to 1.96 / 4; chi-square with 15 degrees of freedom
    # has quantiles 6.262 and 27.488 (Pearson and Hartley, table 8)
    x = np.resize([-1.0, 1.0], 16)[:, None] * np.sqrt(15 / 16)
    consensus = solve(site_totals(x, np.zeros(16), no_covariates(x)))
    effect = join(x * np.sqrt(consensus.variance), no_covariates(x), consensus, NONE, fewest=16).effect
    found = uncertainty(effect)
    assert effect.delta_star == pytest.approx([15 / 16 * 16 / 15 * consensus.variance[0] / consensus.variance[0]])
    assert found.location == pytest.approx([1.96 / 4], rel=1e-3)
    assert found.scale_low == pytest.approx([np.sqrt(15 / 27.488)], rel=1e-3)
    assert found.scale_high == pytest.approx([np.sqrt(15 / 6.262)], rel=1e-3)


def test_interval_with_a_prior_is_the_posterior():
    consensus, x, z = frozen()
    effect = join(x[:25], z[:25], consensus, Settings()).effect
    found, prior = uncertainty(effect), effect.prior
    shape = prior.a + 25 / 2
    rate = effect.delta_star * (shape - 1)
    assert found.scale_low**2 == pytest.approx(invgamma.ppf(0.025, shape, scale=rate))
    assert found.scale_high**2 == pytest.approx(invgamma.ppf(0.975, shape, scale=rate))
    sd = np.sqrt(prior.t2 * effect.delta_star / (prior.t2 * 25 + effect.delta_star))
    assert found.location == pytest.approx(norm.ppf(0.975) * sd)


@pytest.mark.parametrize("settings", [NONE, Settings()])
def test_intervals_cover_what_many_patients_show(settings):
    consensus, x, z = frozen(features=400)
    truth = join(x, z, consensus, NONE).effect
    few = join(x[:25], z[:25], consensus, settings)
    inside = np.abs(few.effect.gamma_star - truth.gamma_hat) < few.uncertainty.location
    assert 0.90 < inside.mean() < 0.99
    deviation = np.sqrt(truth.delta_hat)
    within = (few.uncertainty.scale_low < deviation) & (deviation < few.uncertainty.scale_high)
    assert 0.90 < within.mean() < 0.99


def test_more_patients_narrow_the_interval():
    consensus, x, z = frozen()
    widths = [np.median(join(x[:n], z[:n], consensus, Settings()).uncertainty.location) for n in (20, 50, 200)]
    assert widths[0] > widths[1] > widths[2]
