"""Measures of patients drawn anew, against the same patients written out one by one."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from shared.metrics.concordance import concordance
from simulations.comparison.bootstrap import BootstrapSums, resampling_weights
from simulations.comparison.comparison_line import FEDERATED, LOCAL, no_worse
from tests.study_of_tables import study


def test_weights_are_patients_written_out() -> None:
    random = np.random.default_rng(1)
    sites = [(random.normal(size=n).round(1), random.normal(3, 1, n).round(1)) for n in (15, 22)]  # some are tied
    weights = [resampling_weights(len(t), 5, random) for _, t in sites]
    first, second = (BootstrapSums.of(p, t, w) for (p, t), w in zip(sites, weights, strict=True))
    both_sites = first + second
    assert weights[0].sum(axis=1).tolist() == [15] * 6
    assert (weights[0][0] == 1).all()
    for draw in range(6):
        rows = [np.repeat(np.arange(len(w[draw])), w[draw].astype(int)) for w in weights]
        drawn = [(p[own], t[own]) for (p, t), own in zip(sites, rows, strict=True)]
        ranked = [concordance(p, t) for p, t in drawn]
        assert both_sites.u[draw] == pytest.approx(sum(concordance.u for concordance in ranked))
        assert both_sites.pairs[draw] == sum(concordance.pairs for concordance in ranked)
        p, t = (np.concatenate([site[k] for site in drawn]) for k in (0, 1))
        own_p, own_t = (np.concatenate([site[k] - site[k].mean() for site in drawn]) for k in (0, 1))
        assert both_sites.r_squared[draw] == pytest.approx(r2_score(own_t, own_p))
        assert both_sites.rmse[draw] == pytest.approx(root_mean_squared_error(t, p))


def test_nobody_gives_no_measure() -> None:
    nobody = BootstrapSums.of(np.zeros(0), np.zeros(0), resampling_weights(0, 3, np.random.default_rng(1)))
    assert all(np.isnan(measure).all() for measure in (nobody.concordance, nobody.r_squared, nobody.rmse))
    alike = BootstrapSums.of(np.arange(4.0), np.ones(4), resampling_weights(4, 3, np.random.default_rng(1)))
    assert np.isnan(alike.concordance).all()
    assert np.isnan(alike.r_squared).all()


def test_no_worse_needs_the_whole_interval_over_minus_the_margin() -> None:
    asked = study(0, model={"kind": "linear"}, comparators={"margin": 0.05})
    assert no_worse(asked, LOCAL, -0.049) is True
    assert no_worse(asked, LOCAL, -0.05) is False
    assert no_worse(asked, LOCAL, float("nan")) is False
    assert no_worse(asked, FEDERATED, 0.0) is None
    assert no_worse(study(0, model={"kind": "linear"}), LOCAL, 0.0) is None
