"""A study whose sites bring different columns: it says what could be done, and goes on with what all have."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.cohort import table as site_table
from client.prediction.unseen_site import join, of_study
from client.site.site_file import Site
from shared.errors import MrfedError
from shared.results.bundle import of_result
from shared.study.study import Study
from shared.study.study_sections import SiteFeatures
from simulations.simulate import simulate

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


@pytest.fixture
def asked(study: Study) -> Study:
    return study.model_copy(update={"features": SiteFeatures.COMMON})


def differing(tables: Tables) -> Tables:
    """One site has a column more, another orders them otherwise and lacks one."""
    more = tables["alpha"].assign(f9=1.5)
    order = ["patient", "f5", "f0", "f1", "f3", "f4", "age", "ihc", "ish"]
    return tables | {"alpha": more, "beta": tables["beta"][order]}


def test_the_error_offers_the_features_that_all_have(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    with pytest.raises(MrfedError, match=r"set features: common in the study to use the 5 features that all have"):
        simulate(study, settle(differing(tables)), tmp_path / "out")


def test_the_features_that_all_have_give_the_result_of_tables_that_have_no_others(
    asked: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sites = settle(differing(tables))
    found = simulate(asked, sites, tmp_path / "differing")
    for site in sites:
        assert site.data.features is not None
        tables[site.name].drop(columns="f2").to_csv(site.data.features, index=False)
    expected = simulate(asked, sites, tmp_path / "plain")
    assert found.model is not None
    assert expected.model is not None
    assert found.model.coefficients == expected.model.coefficients
    assert "site alpha: 2 features that other sites lack were left out: f2, f9" in found.deviations
    assert not any("left out" in line for line in expected.deviations)


def test_a_model_of_common_features_takes_a_table_with_more(
    asked: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sites = settle(differing(tables))
    result = simulate(asked, sites, tmp_path / "out")
    trained = of_result(result)
    site = sites[0]
    assert site.data.features is not None
    table = of_study(site_table.load(site, asked, site.data.features, labelled=False), trained)
    assert table.features == ("f0", "f1", "f3", "f4", "f5")
    assert np.isfinite(join(table, trained).u).all()
    with pytest.raises(MrfedError, match="lacks f1"):
        of_study(table.only(["f0", "f3"]), trained)


def test_tables_without_a_common_feature_are_refused(
    asked: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    renamed = tables["gamma"].rename(columns=lambda name: name.replace("f", "feature") if name[0] == "f" else name)
    with pytest.raises(MrfedError, match="no feature is at all sites; give the features the same names"):
        simulate(asked, settle(tables | {"gamma": renamed}), tmp_path / "out")
