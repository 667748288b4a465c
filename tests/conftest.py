"""What all tests share: where the real data lies, and a small study of three synthetic sites."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from client.site.site_file import Columns, Data, Site
from shared.sections.federation import Federation
from shared.sections.governance import Governance
from shared.sections.harmonization import Covariate, Harmonization
from shared.sections.learning import Evaluation
from shared.sections.privacy import Privacy, SiteSums
from shared.sections.question import Question
from shared.study.study import Study
from tests.attack_table import gained, pytest_terminal_summary  # noqa: F401 all tests may attack

# Machines are shared: how long an example takes says nothing. In CI the same examples run each time; here new ones do.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

REAL_DATA = Path(os.environ.get("MRFED_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


LATER = ("slow", "real", "processes", "network", "browser")
"""Markers of tests that take longer, in the order in which they run."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run fast files first: a file is as late as its latest test."""
    lateness: dict[Path, int] = {}
    for item in items:
        own = max((LATER.index(mark.name) + 1 for mark in item.iter_markers() if mark.name in LATER), default=0)
        lateness[item.path] = max(lateness.get(item.path, 0), own)
    items.sort(key=lambda item: lateness[item.path])


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Give the folder of a real data set; skip, saying so, where it is missing."""

    def folder(name: str) -> Path:
        path = REAL_DATA / name
        if not path.is_dir():
            pytest.skip(f"real data {name} not found under {REAL_DATA}")
        return path

    return folder


def table_of(name: str, patients: int, seed: int, features: int = 6) -> pd.DataFrame:
    """Synthetic rows of one site: features with a site effect, age, and HER2 by IHC and ISH."""
    random = np.random.default_rng(seed)
    positive = np.arange(patients) % 2
    x = random.normal(loc=seed, scale=1 + seed / 4, size=(patients, features)) + 0.5 * positive[:, None]
    rows = pd.DataFrame(x, columns=[f"f{index}" for index in range(features)])
    return rows.assign(
        patient=[f"{name}-{index:03d}" for index in range(patients)],
        age=random.integers(30, 80, patients),
        ihc=np.where(positive == 1, "1+", "0"),
        ish="",
    )


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """Three synthetic sites."""
    return {name: table_of(name, 20 + 4 * seed, seed) for seed, name in enumerate(("alpha", "beta", "gamma"))}


@pytest.fixture
def settle(tmp_path: Path) -> Callable[[dict[str, pd.DataFrame]], list[Site]]:
    """Give each table a site with a folder and a workspace of its own."""

    def sites(tables: dict[str, pd.DataFrame]) -> list[Site]:
        settled = []
        for name, table in tables.items():
            folder = tmp_path / "sites" / name
            folder.mkdir(parents=True)
            table.to_csv(folder / "table.csv", index=False)
            settled.append(
                Site(
                    name=name,
                    data=Data(features=folder / "table.csv"),
                    columns=Columns(ihc="ihc", ish="ish"),
                    feature_columns="f",
                    workspace=folder / "workspace",
                )
            )
        return settled

    return sites


@pytest.fixture
def study() -> Study:
    """HER2-zero against low at three sites, small enough for a second."""
    return Study(
        name="three-sites",
        title="Three synthetic sites",
        question=Question(endpoint="her2-zero-vs-low", patients="simulated"),  # type: ignore[arg-type]
        governance=Governance(ethics="none needed", data_use="synthetic", expires=date(2099, 12, 31)),
        harmonization=Harmonization(covariates=(Covariate(column="age", kind="continuous"),), own_patients=4),
        evaluation=Evaluation(folds=3),
        privacy=Privacy(site_sums=SiteSums.DERIVABLE, minimum_patients=4),
        federation=Federation(sites=("alpha", "beta", "gamma"), quorum=2, deadline_s=5),
    )
