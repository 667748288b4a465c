"""The certificate of every way in which features are harmonized or chosen as stable: on one table all is the same."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.sections.privacy import Noise, Range
from shared.study.study import Study
from simulations.certificate.certificate import certificate
from simulations.certificate.stability import icc
from simulations.comparison.compare import compare, runs_of
from simulations.pooled import Pooled
from tests.conftest import table_of
from tests.measured_stability import asking, measure
from tests.scanned_sites import scanned, with_gaps, with_settings

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]
CHOICES = {
    "covbat": {"method": "covbat", "share": 0.8, "left_out_site": "transductive"},
    "power": {"transform": "power"},
    "impute and rank": {"missing": "impute", "transform": "rank"},
    "joined": {"batch": "scanner", "smallest_batch": 12, "joined": ["A"], "mean_only": True},
    "reference": {"reference_site": "beta"},
    "endpoint kept": {"keep_endpoint": True},
    "no ComBat": {"method": "none", "missing": "impute"},
    "measured at one site": {"missing": "impute", "transform": "power"},
}


@pytest.fixture
def asked(study: Study) -> Study:
    """With a path of penalties in nested folds, left-out sites and baselines."""
    content = study.model_dump()
    content["model"] = {"l1_ratio": 1.0, "penalties": 4}
    content["evaluation"] |= {"folds": 2, "inner_folds": 2, "resamples": 20, "permutations": 2}
    content["comparators"] |= {"margin": 0.05, "volume": "f3"}
    content["privacy"] |= {"site_sums": "derivable", "minimum_patients": 4}
    return Study.model_validate(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHOICES)
def test_every_quantity_is_that_of_the_pooled_table(
    asked: Study, tables: Tables, settle: Settle, tmp_path: Path, name: str
) -> None:
    if name == "joined":
        tables = {site: table_of(site, 36 + 4 * seed, seed) for seed, site in enumerate(tables)}
    skewed = {site: table.assign(f1=np.exp(table["f1"] / 2)) for site, table in scanned(tables).items()}
    if name == "measured at one site":  # without it nobody has the feature
        for site in ("alpha", "beta"):
            skewed[site]["f4"] = np.nan
    sites = settle(with_gaps(skewed) if "impute" in name else skewed)
    if name == "endpoint kept":  # its features carry the labels, so that none are shuffled
        asked = asked.model_copy(update={"evaluation": asked.evaluation.model_copy(update={"permutations": 0})})
    choice = with_settings(asked, **CHOICES[name])
    comparison = compare(choice, sites, tmp_path / "compared")[0]
    assert [(quantity.name, quantity.difference) for quantity in comparison.quantities if not quantity.holds] == []
    assert len(comparison.quantities) > 40
    there = runs_of(choice, sites, comparison.result, "compare1")
    there[1].table.x[5, 0] += 1e-3
    wrong = {quantity.name for quantity in certificate(comparison.result, there, Pooled(there)) if not quantity.holds}
    assert {quantity.name for quantity in comparison.quantities if quantity.name.endswith(", every fit")} & wrong


@pytest.mark.slow
def test_votes_on_stable_features_are_counted_again(
    asked: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    voting, sites = asking(asked, unmeasured="keep"), settle(tables)
    for site in sites:
        measure(site, voting, tables[site.name])
    comparison = compare(voting, sites, tmp_path / "compared")[0]
    assert [(quantity.name, quantity.difference) for quantity in comparison.quantities if not quantity.holds] == []
    votes = next(quantity for quantity in comparison.quantities if quantity.name == "votes on stable features")
    # all three sites, and without each
    assert votes.compared == 4 * 6
    measure(sites[0], voting, tables["alpha"].assign(f0=1.0, f1=tables["alpha"]["f0"]))
    there = runs_of(voting, sites, comparison.result, "compare1")
    again = certificate(comparison.result, there, Pooled(there))
    assert "votes on stable features" in {quantity.name for quantity in again if not quantity.holds}


def test_what_has_no_pooled_counterpart_is_refused_before_anything_runs(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    noise = Noise(epsilon=1.0, ranges=(Range(feature="f0", low=-9, high=9),))
    noisy = study.model_copy(update={"privacy": study.privacy.model_copy(update={"noise": noise})})
    with pytest.raises(MrfedError, match=r"not computed with privacy\.noise; leave it out of a copy") as caught:
        compare(noisy, settle(tables), tmp_path / "compared")
    assert caught.value.code is Code.STUDY_INVALID
    assert not (tmp_path / "compared").exists()


def test_icc_is_that_of_shrout_and_fleiss() -> None:
    """Their example: six targets, four judges; ICC(2,1) 0.29."""
    rated = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert icc(np.array(rated, dtype=float)) == pytest.approx(0.2898, abs=5e-5)
    assert np.isnan(icc(np.full((3, 4), np.nan)))
