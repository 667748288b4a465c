"""What a study says of its harmonisation, against the pooled table: the sums went under masks, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway, levene

from client import approval
from client.harmonise import common_scale
from client.run import Run
from client.site import Site
from server.report.assessment import rows
from server.report.page import render
from shared.study import Study
from simulations.simulate import simulate

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


def scanned(tables: Tables) -> Tables:
    """Two scanners a site, of which the second stretches and shifts what it measures."""
    out = {}
    for name, table in tables.items():
        second = table.index % 3 == 0
        moved = table.filter(regex=r"^f\d") * np.where(second, 1.5, 1)[:, None] + second[:, None]
        out[name] = table.assign(scanner=np.where(second, "B", "A"), **moved)
    return out


def runs(study: Study, sites: list[Site]) -> list[Run]:
    """Every site's part in the run, read back from its folder."""
    found = []
    for site in sites:
        approved = approval.latest(site.workspace, study.digest)
        assert approved is not None
        found.append(Run(site, approved, "simulation"))
    return found


def with_settings(study: Study, **choice: object) -> Study:
    """The same study with another harmonisation."""
    content = study.model_dump()
    content["harmonization"].update(choice)
    return Study.model_validate(content)


def f_of_columns(x: np.ndarray, batch: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """F of columns beyond batches, by least squares on the pooled table."""
    dummies = (batch[:, None] == np.unique(batch)).astype(float)

    def left(design: np.ndarray) -> np.ndarray:
        return np.asarray(((x - design @ np.linalg.lstsq(design, x, rcond=None)[0]) ** 2).sum(axis=0))

    without, with_columns = left(dummies), left(np.hstack([dummies, columns]))
    free = len(x) - dummies.shape[1] - columns.shape[1]
    return np.asarray((without - with_columns) / columns.shape[1] / (with_columns / free))


def test_the_tests_of_every_feature_are_those_of_the_pooled_table(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sites = settle(scanned(tables))
    result = simulate(study, sites, tmp_path / "out")
    there = runs(study, sites)
    site = np.concatenate([np.full(len(run.table.y), run.site.name) for run in there])
    scanner = np.concatenate([[f"{run.site.name}/{one}" for one in run.table.scanner] for run in there])
    age = np.concatenate([run.cohort.z for run in there])
    y = np.concatenate([run.table.y for run in there])[:, None].astype(float)
    before = np.concatenate([common_scale(run.table.x, run.consensus.fit(0)) for run in there])
    after = np.concatenate([run.harmonised.u[0] for run in there])
    for x, found in (
        (before, [one.before for one in result.assessed]),
        (after, [one.after for one in result.assessed]),
    ):
        for group, mean, spread in ((site, "site_mean", "site_spread"), (scanner, "scanner_mean", "scanner_spread")):
            parts = [x[group == one] for one in np.unique(group)]
            for test, name in ((f_oneway, mean), (levene, spread)):
                ours = [getattr(one, name) for one in found]
                expected = [test(*(part[:, f] for part in parts)) for f in range(x.shape[1])]
                assert [one.statistic for one in ours] == pytest.approx([one.statistic for one in expected], rel=1e-9)
                assert [one.p_value for one in ours] == pytest.approx([one.pvalue for one in expected], rel=1e-9)
        assert [one.covariates.statistic for one in found] == pytest.approx(f_of_columns(x, scanner, age), rel=1e-9)
        assert [one.label.statistic for one in found] == pytest.approx(f_of_columns(x, scanner, y), rel=1e-9)
    by_site = rows(result.assessed)[0]
    assert by_site.before.bonferroni == 6
    assert by_site.after.bonferroni == 0
    assert "Can the site still be told?" in render(result)


def test_a_scanner_that_saw_one_class_leaves_the_endpoint_untested_and_the_study_whole(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    by_class = {name: table.assign(scanner="s" + table["ihc"]) for name, table in tables.items()}
    result = simulate(study, settle(by_class), tmp_path / "out")
    assert result.model.training.converged
    assert {one.before.label for one in result.assessed} == {None}
    assert "endpoint" not in " ".join(row.words for row in rows(result.assessed))
