"""The real four-site radiomics table, as four sites."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from client.site.site_file import Columns, Data, Site


@pytest.fixture(scope="session")
def ispy1(real_data: Callable[[str], Path]) -> pd.DataFrame:
    """139 real patients, 370 features."""
    return pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz")


@pytest.fixture(scope="module")
def ispy1_sites(ispy1: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    """Each site with its own table and workspace."""
    sites = []
    for name, rows in ispy1.groupby("site"):
        folder = tmp_path_factory.mktemp(str(name).lower())
        rows.to_csv(folder / "features.csv", index=False)
        sites.append(
            Site(
                name=str(name).lower(),
                data=Data(features=folder / "features.csv"),
                columns=Columns(patient="patient_id"),
                feature_columns="T1_E_",
                workspace=folder / "workspace",
            )
        )
    return sites
