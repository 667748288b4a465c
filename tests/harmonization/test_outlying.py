"""Features whose effect is of another kind: they do not set the others' scale, and without them nothing changes."""

import numpy as np
import pytest

from harmonization import shrinkage
from harmonization.combat import Settings, Shrinkage, apply, fit_batch, harmonize_pooled
from harmonization.federated import site_totals, solve
from harmonization.outlying import outlying
from harmonization.shrinkage import Measured
from harmonization.unseen_site import join
from tests.harmonization.reference import cohort, neuro_combat, no_covariates, off

WIDE = np.arange(0, 240, 30)
VARIANTS = [
    Settings(),
    Settings(Shrinkage.NONPARAMETRIC),
    Settings(mean_only=True),
    Settings(Shrinkage.NONPARAMETRIC, mean_only=True),
]


def unseen(factor, features=240, patients=11, shift=0.0):
    """A consensus of two sites, and a new site of few patients with eight features stretched and moved."""
    random = np.random.default_rng(4)
    old = random.normal(size=(120, features))
    consensus = solve(site_totals(old, np.repeat(["a", "b"], 60), no_covariates(old)))
    x = random.normal(size=(patients, features)) * 1.2 + 0.3
    x[:, WIDE] = x[:, WIDE] * factor + shift
    return consensus, x, no_covariates(x)


@pytest.mark.parametrize("settings", VARIANTS)
@pytest.mark.parametrize("factor", [20, 280, 1e6])
def test_outlying_features_leave_the_others_as_they_are_without_them(settings, factor):
    consensus, x, z = unseen(factor, shift=50 * factor)
    effect = fit_batch(x, z, consensus, settings)
    assert effect.outlying.tolist() == WIDE.tolist()
    rest = np.setdiff1d(np.arange(240), WIDE)
    alone = type(consensus)(consensus.count, consensus.alpha[rest], consensus.beta[:, rest], consensus.variance[rest])
    expected = fit_batch(x[:, rest], z, alone, settings)
    assert len(expected.outlying) == 0
    np.testing.assert_allclose(effect.gamma_star[rest], expected.gamma_star, rtol=1e-12)
    np.testing.assert_allclose(effect.delta_star[rest], expected.delta_star, rtol=1e-12)
    np.testing.assert_array_equal(effect.gamma_star[WIDE], effect.gamma_hat[WIDE])
    np.testing.assert_array_equal(effect.delta_star[WIDE], effect.delta_hat[WIDE])


def test_every_feature_of_a_small_new_site_keeps_its_spread():
    consensus, x, z = unseen(280)
    joined = join(x, z, consensus, Settings(), fewest=10)
    u = (apply(x, z, consensus, joined.effect) - consensus.alpha) / np.sqrt(consensus.variance)
    np.testing.assert_allclose(joined.spread, u.std(axis=0, ddof=1), rtol=1e-10)
    assert 0.8 < np.median(joined.spread) < 1.2
    # as neuroCombat takes the moments, over all features
    moments = Measured(
        np.full(240, 11.0), joined.effect.gamma_hat, 10 * joined.effect.delta_hat, joined.effect.delta_hat
    )
    _, delta, _ = shrinkage.parametric(moments, shrinkage.prior(moments))
    assert np.median(np.sqrt(joined.effect.delta_hat / delta)) < 0.2


def test_the_words_name_outlying_features_and_say_the_measured_spread():
    consensus, x, z = unseen(280)
    words = join(x, z, consensus, Settings(), fewest=10).words([f"f{place}" for place in range(240)])
    assert "8 of 240 features are far from what the others of this batch are" in words
    assert all(f"f{place} (variance" in words for place in WIDE)
    assert "times the pooled standard deviation (median over features as measured" in words
    consensus, x, z = unseen(1)
    assert "far from" not in join(x, z, consensus, Settings(), fewest=10).words([f"f{place}" for place in range(240)])


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_outlying_among_ordinary_features_and_neurocombat_is_met(seed):
    x, batch, _ = cohort(seed, sizes=(11, 9, 21))
    ours = harmonize_pooled(x, batch, no_covariates(x), Settings())
    assert all(len(effect.outlying) == 0 for effect in ours.effects.values())
    assert off(ours.x, neuro_combat(x, batch)["data"].T, x) < 1e-10


def test_an_effect_counts_as_outlying_only_far_beyond_what_sampling_makes():
    random = np.random.default_rng(2)
    for n in (3, 5, 11, 40):
        for _ in range(50):
            delta = random.chisquare(n - 1, 300) / (n - 1)
            assert not outlying(np.full(300, float(n)), random.normal(size=300) / np.sqrt(n), delta).any()
    delta = np.array([1.0, 1.1, 0.9, 1.2, 50.0])
    assert outlying(np.full(5, 40.0), np.zeros(5), delta).tolist() == [False, False, False, False, True]
    assert outlying(np.full(5, 3.0), np.zeros(5), delta).tolist() == [False] * 5, "three patients may differ so"
    moved = np.array([0.1, -0.2, 0.3, 0.0, -40.0])
    assert outlying(np.full(5, 40.0), moved, np.ones(5)).tolist() == [False, False, False, False, True]


@pytest.mark.parametrize("settings", [Settings(), Settings(Shrinkage.NONPARAMETRIC)])
def test_a_feature_constant_in_a_batch_is_not_in_its_prior(settings):
    x, batch, _ = cohort(3)
    x[batch == "b0", 0] = 2.0
    mine = batch == "b0"
    consensus = solve(site_totals(x, batch, no_covariates(x)))
    effect = fit_batch(x[mine], no_covariates(x[mine]), consensus, settings)
    without = solve(site_totals(x[:, 1:], batch, no_covariates(x)))
    expected = fit_batch(x[mine, 1:], no_covariates(x[mine]), without, settings)
    np.testing.assert_allclose(effect.gamma_star[1:], expected.gamma_star, rtol=1e-12)
    np.testing.assert_allclose(effect.delta_star[1:], expected.delta_star, rtol=1e-12)
    if settings.shrinkage is Shrinkage.PARAMETRIC:
        theirs = neuro_combat(x[:, 1:], batch)["data"].T
        ours = apply(x[mine], no_covariates(x[mine]), consensus, effect)[:, 1:]
        assert off(ours, theirs[mine], x[mine, 1:]) < 1e-10


def test_two_features_of_which_one_is_constant_are_still_harmonized():
    x, batch, _ = cohort(3, features=2)
    x[batch == "b0", 0] = 2.0
    assert np.isfinite(harmonize_pooled(x, batch, no_covariates(x), Settings()).x).all()
