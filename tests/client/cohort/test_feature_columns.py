"""Which columns are features: never the endpoint, what the study reads besides, what HER2 is made of, or a name."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from client.cohort.feature_columns import feature_names
from client.site.site_file import Columns, Site
from shared.errors import Code, MrfedError
from shared.sections.comparators import Comparators
from shared.sections.harmonization import Covariate
from shared.sections.question import Condition, Endpoint, EndpointClass, EndpointKind
from shared.study.study import Study

Settle = Callable[[dict[str, pd.DataFrame]], list[Site]]
FEATURES = ["f0", "f1", "f2", "f3", "f4", "f5"]


@pytest.fixture
def beta(tables: dict[str, pd.DataFrame], settle: Settle) -> Site:
    return settle({"beta": tables["beta"]})[0]


def asking(study: Study, endpoint: str, clinical: str, condition: str) -> Study:
    classes = (EndpointClass(name="no", values=(0,)), EndpointClass(name="yes", values=(1,)))
    question = study.question.model_copy(
        update={
            "endpoint": Endpoint(kind=EndpointKind.BINARY, column=endpoint, classes=classes),
            "subgroup": (Condition(column=condition, at_least=0),),
        }
    )
    comparators = Comparators(clinical=(Covariate(column=clinical, kind="continuous"),))
    return study.model_copy(update={"question": question, "comparators": comparators})


@pytest.mark.parametrize("prefix", ["f", None])
def test_what_the_study_reads_besides_is_no_feature(
    prefix: str | None, beta: Site, tables: dict[str, pd.DataFrame], study: Study
) -> None:
    table = tables["beta"].set_index("patient")
    for name in ("f_y", "F_Y", "f_y.1", "fclinical", "fcondition", "fihc", "fish_ratio", "f_copies"):
        table[name] = range(len(table))
    columns = Columns(ihc="fihc", ish_ratio="fish_ratio", ish_copies="f_copies")
    site = beta.model_copy(update={"feature_columns": prefix, "columns": columns})
    wanted = [*FEATURES] if prefix else [name for name in table if name in FEATURES]
    assert feature_names(table, site, asking(study, "f_y", "fclinical", "fcondition")) == wanted


@pytest.mark.parametrize(
    "name",
    [
        "patient_id",
        "PatientID",
        "MRN",
        "Unnamed: 0",
        "Unnamed: 12",
        "accession_number",
        "her2_copies",
        "IHC",
        "FISH ratio",
        "id",
    ],
)
@pytest.mark.parametrize("prefix", ["", "f_"])
def test_identifiers_and_her2_are_known_by_their_names(
    name: str, prefix: str, beta: Site, tables: dict[str, pd.DataFrame], study: Study
) -> None:
    table = tables["beta"].set_index("patient").assign(**{f"{prefix}{name}": 1})
    site = beta.model_copy(update={"feature_columns": "f" if prefix else None})
    assert feature_names(table, site, study) == FEATURES


def test_the_endpoint_under_the_prefix_is_no_feature(beta: Site, tables: dict[str, pd.DataFrame], study: Study) -> None:
    table = tables["beta"].set_index("patient").assign(f_y=1)
    site = beta.model_copy(update={"feature_columns": "f"})
    assert feature_names(table, site, asking(study, "y", "age", "age")) == FEATURES


@pytest.mark.parametrize("name", ["fisher_score", "idm", "case_mix_texture", "ishikawa", "original_glcm_Idn"])
def test_a_feature_is_none_of_these_by_a_part_of_its_name(
    name: str, beta: Site, tables: dict[str, pd.DataFrame], study: Study
) -> None:
    table = tables["beta"].set_index("patient").assign(**{name: 1.5})
    site = beta.model_copy(update={"feature_columns": None})
    assert name in feature_names(table, site, study)


def test_a_column_of_numbers_without_their_marks_is_not_dropped_in_silence(
    beta: Site, tables: dict[str, pd.DataFrame], study: Study
) -> None:
    rows = len(tables["beta"])
    site = beta.model_copy(update={"feature_columns": None})
    words = tables["beta"].set_index("patient").assign(born="01.05.1960", stage="IIA", seen="2024-01-08")
    assert feature_names(words, site, study) == FEATURES
    for cell in ("3.181.018", "1,5 ", "03181018945697266"):
        cells = [cell] * (rows - 1) + ["2.5"]
        with pytest.raises(MrfedError, match=r"column 'f6' seems to hold numbers, but their decimal marks"):
            feature_names(words.assign(f6=cells), site, study)


def test_a_table_of_nothing_else_says_so(beta: Site, tables: dict[str, pd.DataFrame], study: Study) -> None:
    table = tables["beta"].set_index("patient")[["age", "ihc"]]
    with pytest.raises(MrfedError, match="no feature column; correct feature_columns") as error:
        feature_names(table, beta.model_copy(update={"feature_columns": "ag"}), asking(study, "y", "age", "age"))
    assert error.value.code is Code.DATA_MISSING
    assert isinstance(beta.data.features, Path)
