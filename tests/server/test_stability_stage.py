"""Stability as an exchange of a study: sums of squares and votes through the masks, and what selection makes of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.metrics.icc import icc, squares
from shared.sections.stability import Stability
from shared.study.study import Study
from shared.training.stability import of_site, stable
from simulations.simulate import simulate
from tests.measured_stability import NOISE, asking, measure

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]
"""Of measurements, in standard deviations of the feature; the other features were not measured."""


@pytest.mark.slow
def test_unstable_features_enter_no_model(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    asked, sites = asking(study), settle(tables)
    values = [measure(site, asked, tables[site.name]) for site in sites]
    result = simulate(asked, sites, tmp_path / "out")
    assert "stability" in [exchange.step for exchange in result.exchanges]
    by_name = {one.feature: one for one in result.stability}
    together = squares(values[0]) + squares(values[1]) + squares(values[2])
    np.testing.assert_allclose([by_name[name].icc for name in NOISE], icc(together), rtol=1e-9)
    assert [by_name[name].stable for name in NOISE] == [True, True, False]
    assert [by_name[name].votes for name in NOISE] == [3, 3, 0]
    assert [by_name[name].patients for name in NOISE] == [33] * 3
    low, high = by_name["f1"].low, by_name["f1"].high
    assert low is not None
    assert high is not None
    assert low < by_name["f1"].icc < high  # type: ignore[operator]
    assert by_name["f4"].icc is None
    assert (by_name["f4"].voices, by_name["f4"].stable) == (0, False)
    assert {coefficient.feature for coefficient in result.model.coefficients} == {"f0", "f1"}


@pytest.mark.slow
def test_features_that_nobody_measured_may_stay(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    asked, sites = asking(study, unmeasured="keep"), settle(tables)
    for site in sites:
        measure(site, asked, tables[site.name])
    result = simulate(asked, sites, tmp_path / "out")
    assert {coefficient.feature for coefficient in result.model.coefficients} == {"f0", "f1", "f3", "f4", "f5"}


def test_a_left_out_site_has_no_vote_on_its_own_model() -> None:
    section = Stability(sites=0.5)
    rng = np.random.default_rng(1)
    subjects = rng.normal(size=(20, 1, 1))
    steady = of_site(subjects + 0.01 * rng.normal(size=(20, 7, 1)), section, 5)
    shaky = of_site(subjects + 9 * rng.normal(size=(20, 7, 1)), section, 5)
    assert (steady.vote[0], shaky.vote[0]) == (1, 0)
    votes = [[steady, steady, shaky], [steady, shaky], [steady, shaky], [steady, steady]]
    totals = {
        name: np.array([sum(site.arrays()[name] for site in sites) for sites in votes]) for name in steady.arrays()
    }
    assert stable(totals, section)[:, 0].tolist() == [True, True, True, True]
    assert stable(totals, Stability(sites=0.6))[:, 0].tolist() == [True, False, False, True]


def test_nothing_is_said_of_features_of_few_patients() -> None:
    values = np.random.default_rng(0).normal(size=(9, 3, 2))
    values[4:, 1, 1] = np.nan
    computed = of_site(values, Stability(), 5)
    assert computed.voice.tolist() == [1, 0]
    assert computed.sums.subjects.tolist() == [9, 0]
    assert computed.sums.residual[1] == 0


@pytest.mark.parametrize(
    ("settings", "patients", "times", "code"),
    [
        ({}, 4, 7, Code.TOO_FEW_PATIENTS),
        ({"source": "readers", "readers": 3}, 12, 2, Code.DATA_INCONSISTENT),
        ({"source": "readers"}, 12, 7, Code.DATA_MISSING),
    ],
)
@pytest.mark.slow
def test_what_was_not_measured_as_asked_is_refused(
    settings: dict[str, object],
    patients: int,
    times: int,
    code: Code,
    study: Study,
    tables: Tables,
    settle: Settle,
    tmp_path: Path,
) -> None:
    asked, sites = asking(study, **settings), settle(tables)
    for site in sites:
        measure(site, asked, tables[site.name], times, patients)
    with pytest.raises(MrfedError, match="stability: site alpha answered") as caught:
        simulate(asked, sites, tmp_path / "out")
    assert caught.value.code is code


def test_a_study_without_any_stable_feature_stops(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    asked, sites = asking(study, threshold=0.9999999), settle(tables)
    for site in sites:
        measure(site, asked, tables[site.name])
    with pytest.raises(MrfedError, match="no feature has an ICC of 1 at 50% of the sites"):
        simulate(asked, sites, tmp_path / "out")
