"""Fits go to neuroCombat and back, and its own function applies them."""

import contextlib
import importlib
import io

import neuroCombat as nc
import numpy as np
import pytest

from harmonization.combat import Settings, Shrinkage, apply, harmonize_pooled
from harmonization.federated import site_totals
from harmonization.neurocombat import from_estimates, to_estimates
from tests.harmonization.reference import cohort, neuro_combat, no_covariates, off


@pytest.fixture
def from_training(monkeypatch):
    """Their function for new patients; it asks for the number in an array of one as older numpy gave it."""
    module = importlib.import_module("neuroCombat.neuroCombat")
    monkeypatch.setattr(module, "int", lambda value: np.asarray(value).item(), raising=False)

    def call(x, batch, estimates):
        with contextlib.redirect_stdout(io.StringIO()):
            return nc.neuroCombatFromTraining(x.T, batch, estimates)["data"].T

    return call


def test_their_function_crashes_on_the_numpy_that_we_use():
    x, batch, _ = cohort(1)
    with pytest.raises(TypeError, match="only 0-dimensional"), contextlib.redirect_stdout(io.StringIO()):
        nc.neuroCombatFromTraining(x.T, batch, neuro_combat(x, batch)["estimates"])


@pytest.mark.parametrize("settings", [Settings(), Settings(Shrinkage.NONE), Settings(mean_only=True)])
def test_their_function_applies_our_fit(settings, from_training):
    x, batch, _ = cohort(1)
    x = np.column_stack([x, np.full(len(x), 2.0)])
    z = no_covariates(x)
    ours = harmonize_pooled(x, batch, z, settings)
    estimates = to_estimates(ours.consensus, ours.effects, site_totals(x, batch, z))
    theirs = from_training(x, batch, estimates)
    assert off(theirs[:, :-1], ours.x[:, :-1], x[:, :-1]) < 1e-10
    assert (theirs[:, -1] == 2.0).all()


def test_their_function_applies_our_fit_at_the_mean_covariate(from_training):
    x, batch, z = cohort(2)
    ours = harmonize_pooled(x, batch, z, Settings())
    estimates = to_estimates(ours.consensus, ours.effects, site_totals(x, batch, z))
    mine = batch == "b2"
    at_mean = np.broadcast_to(z.mean(axis=0), (mine.sum(), 1))
    expected = apply(x[mine], at_mean, ours.consensus, ours.effects["b2"])
    assert off(from_training(x[mine], batch[mine], estimates), expected, x) < 1e-10


@pytest.mark.parametrize("options", [{}, {"eb": False}, {"parametric": False}, {"mean_only": True}])
def test_our_function_applies_their_fit(options):
    x, batch, z = cohort(3)
    theirs = neuro_combat(x, batch, {"age": z[:, 0]}, continuous_cols=["age"], **options)
    consensus, effects = from_estimates(theirs["estimates"], ("b0", "b1", "b2"), z)
    for one, effect in effects.items():
        mine = batch == one
        assert off(apply(x[mine], z[mine], consensus, effect), theirs["data"].T[mine], x) < 1e-9


def test_estimates_are_those_of_the_reference_implementation():
    x, batch, z = cohort(4)
    theirs = neuro_combat(x, batch, {"age": z[:, 0]}, continuous_cols=["age"])["estimates"]
    ours = harmonize_pooled(x, batch, z, Settings())
    written = to_estimates(ours.consensus, ours.effects, site_totals(x, batch, z))
    assert written.keys() == theirs.keys()
    for name in ("var.pooled", "gamma_hat", "delta_hat", "gamma.star", "delta.star", "gamma_bar", "t2"):
        assert np.asarray(written[name]) == pytest.approx(np.asarray(theirs[name], dtype=float), rel=1e-8), name
    for name in ("a_prior", "b_prior"):
        assert written[name] == pytest.approx(theirs[name], rel=1e-8)
    assert written["stand.mean"][:, 0] == pytest.approx(theirs["stand.mean"][:, 0], rel=1e-8)
