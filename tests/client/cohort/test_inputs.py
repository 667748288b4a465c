"""Small studies of tables that were misread: each input as it lies beside the project, read by its sites."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from client.cohort import table as site_table
from client.cohort.table import Table
from client.site import site_file
from shared.errors import MrfedError
from shared.study import study as study_file
from tests.conftest import REAL_DATA

pytestmark = pytest.mark.real
CASES = REAL_DATA.parent / "cases"
FEATURES = tuple(f"f{index}" for index in range(10))


def case(name: str) -> Path:
    folder = CASES / name
    if not folder.is_dir():
        pytest.skip(f"case {name} not found under {CASES}")
    return folder


def loaded(folder: Path, study: Path | None = None) -> list[Table]:
    asked = study_file.load(study or folder / "study.yaml")
    sites = [site_file.load(folder / "coh" / name / "site.yaml") for name in asked.federation.sites]
    return [site_table.load(site, asked, site.data.features or Path()) for site in sites]


def test_a_prefix_takes_no_endpoint_in() -> None:
    assert [table.features for table in loaded(case("prefix_takes_endpoint"))] == [FEATURES] * 3


def test_clinical_variables_are_no_features() -> None:
    for table in loaded(case("clinical_becomes_feature")):
        assert table.features == (*FEATURES, "grade")
        assert table.covariates.keys() == {"age"}


@pytest.mark.parametrize("values", [(0, 1), (False, True), ("no", "yes"), ("False", "True"), (False, 1)])
def test_truth_values_are_read(values: tuple[object, object], tmp_path: Path) -> None:
    folder = case("bool_endpoint")
    said = yaml.safe_load((folder / "study.yaml").read_text())
    for one, value in zip(said["question"]["endpoint"]["classes"], values, strict=True):
        one["values"] = [value]
    study = tmp_path / "study.yaml"
    study.write_text(yaml.safe_dump(said))
    plain = [table.y for table in loaded(case("semicolon_csv"))]
    for table, expected in zip(loaded(folder, study), plain, strict=True):
        np.testing.assert_array_equal(table.y, expected)


def test_semicolons_are_found() -> None:
    tables = loaded(case("semicolon_csv"))
    assert [table.features for table in tables] == [FEATURES] * 3
    assert all(np.abs(table.x).max() < 10 for table in tables)


def test_a_value_that_nobody_measures_is_named_with_feature_and_patient() -> None:
    with pytest.raises(MrfedError, match=r"features\.csv: patient a\d+: f3 is \S+e\+(199|200), which nobody measures"):
        loaded(case("feature_1e200"))
