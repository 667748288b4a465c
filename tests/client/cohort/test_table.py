"""The site's table: who enters, who does not and why, and errors that say what to do."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.cohort import table as site_table
from client.cohort.endpoint import outcomes
from client.cohort.exclusion import Reason
from client.review.decisions import Reviewed
from client.site.site_file import Columns, ScannerChange, Site
from shared.errors import Code, MrfedError
from shared.sections.harmonization import Covariate
from shared.sections.question import READY_MADE, Condition, Endpoint, EndpointClass, EndpointKind
from shared.study.study import Study

Settle = Callable[[dict[str, pd.DataFrame]], list[Site]]


@pytest.fixture
def beta(tables: dict[str, pd.DataFrame], settle: Settle) -> Site:
    """One site with 24 patients."""
    return settle({"beta": tables["beta"]})[0]


def features_of(site: Site) -> Path:
    assert site.data.features is not None
    return site.data.features


def test_patients_come_sorted_whatever_the_order_of_the_rows(beta: Site, study: Study) -> None:
    before = site_table.load(beta, study, features_of(beta))
    pd.read_csv(features_of(beta)).sample(frac=1, random_state=3).to_csv(features_of(beta), index=False)
    after = site_table.load(beta, study, features_of(beta))
    np.testing.assert_array_equal(before.patients, after.patients)
    np.testing.assert_array_equal(before.x, after.x)
    assert before.features == tuple(f"f{index}" for index in range(6))


def test_a_withdrawn_patient_is_left_out_and_counted(beta: Site, study: Study) -> None:
    loaded = site_table.load(beta, study, features_of(beta), {"beta-004", "somebody-else"})
    assert "beta-004" not in loaded.patients
    assert loaded.exclusions == {Reason.WITHDRAWN: 1}


def test_a_patient_rejected_at_review_is_left_out_and_counted(beta: Site, study: Study) -> None:
    said = Reviewed(frozenset({"beta-004", "beta-007", "somebody-else"}))
    loaded = site_table.load(beta, study, features_of(beta), {"beta-007"}, said)
    assert not {"beta-004", "beta-007"} & set(loaded.patients)
    assert loaded.exclusions == {Reason.REJECTED: 1, Reason.WITHDRAWN: 1}


def test_who_was_examined_in_treatment_is_left_out_and_counted(beta: Site, study: Study) -> None:
    path = features_of(beta)
    frame = pd.read_csv(path).assign(examined="20240108", treated="2024-02-01")
    frame.loc[frame["patient"] == "beta-004", "treated"] = "2024-01-08"
    frame.loc[frame["patient"] == "beta-005", "treated"] = "not yet"
    frame.to_csv(path, index=False)
    assert "beta-004" in site_table.load(beta, study, path).patients, "the site has not said which column tells"
    here = beta.model_copy(update={"columns": Columns(ihc="ihc", ish="ish", treatment_start="treated")})
    loaded = site_table.load(here, study, path)
    assert "beta-004" not in loaded.patients
    assert "beta-005" in loaded.patients
    assert loaded.exclusions == {Reason.TREATED: 1}


def test_what_readers_scored_can_be_covariate_and_condition(beta: Site, study: Study) -> None:
    plain = site_table.load(beta, study, features_of(beta))
    scored = {one: {"reader.bpe": "mild", "reader.birads": "4"} for one in plain.patients[:8]}
    scored |= {one: {"reader.bpe": "marked", "reader.birads": "5"} for one in plain.patients[8:20]}
    asked = study.model_copy(
        update={
            "harmonization": study.harmonization.model_copy(
                update={
                    "covariates": (
                        Covariate(column="reader.bpe", kind="categorical"),
                        Covariate(column="reader.birads", kind="continuous"),
                    )
                }
            ),
            "question": study.question.model_copy(
                update={"subgroup": (Condition(column="reader.bpe", any_of=("mild", "marked")),)}
            ),
        }
    )
    loaded = site_table.load(beta, asked, features_of(beta), (), Reviewed(variables=scored))
    assert loaded.covariates["reader.bpe"].tolist() == ["mild"] * 8 + ["marked"] * 12
    np.testing.assert_array_equal(loaded.covariates["reader.birads"], [4.0] * 8 + [5.0] * 12)
    assert loaded.exclusions == {Reason.SUBGROUP: 4}
    assert loaded.features == plain.features, "a variable of the readers is no feature"


def test_a_scanner_is_a_batch_from_one_change_to_the_next(beta: Site, study: Study) -> None:
    rows = pd.read_csv(features_of(beta)).sort_values("patient")
    rows["scanner"], rows["software"] = "ACME", ["A"] * 14 + ["B"] * 10
    rows["examined"] = [f"202501{day:02d}" for day in range(1, 25)]
    rows.to_csv(features_of(beta), index=False)
    section = study.harmonization.model_copy(update={"batch": "software", "smallest_batch": 5})
    asked = study.model_copy(update={"harmonization": section})
    loaded = site_table.load(beta, asked, features_of(beta))
    assert loaded.batch.tolist() == ["ACME | A"] * 14 + ["ACME | B"] * 10
    assert set(loaded.scanner) == {"ACME"}
    assert loaded.features == tuple(f"f{index}" for index in range(6))
    coil = ScannerChange(scanner="ACME", since=date(2025, 1, 8), what="new coil")
    loaded = site_table.load(beta.model_copy(update={"scanner_changes": (coil,)}), asked, features_of(beta))
    expected = ["ACME | A"] * 7 + ["ACME | A | since 2025-01-08"] * 7 + ["ACME | B | since 2025-01-08"] * 10
    assert loaded.batch.tolist() == expected
    by_scanner = study.model_copy(update={"harmonization": section.model_copy(update={"batch": "scanner"})})
    assert set(site_table.load(beta, by_scanner, features_of(beta)).batch) == {"ACME"}


def test_a_category_of_numbers_is_that_of_a_hospital_that_lacks_one_value(beta: Site, study: Study) -> None:
    """pandas makes 1.0 of 1 where a cell of the column is empty; the agreed categories would be both."""
    rows = pd.read_csv(features_of(beta)).sort_values("patient").assign(er=[0, 1] * 12)
    rows["er"] = rows["er"].astype(object).where(rows.index != rows.index[0], None)
    rows.to_csv(features_of(beta), index=False)
    section = study.harmonization.model_copy(update={"covariates": (Covariate(column="er", kind="categorical"),)})
    loaded = site_table.load(beta, study.model_copy(update={"harmonization": section}), features_of(beta))
    assert set(loaded.covariates["er"]) == {"0", "1"}
    assert loaded.exclusions == {Reason.COVARIATE_MISSING: 1}


@pytest.mark.parametrize("named", [(1,), ("1",), (1.0,)])
def test_a_value_of_a_class_or_subgroup_is_found_in_a_column_with_a_gap(
    named: tuple[str | int | float, ...], beta: Site, study: Study
) -> None:
    rows = pd.read_csv(features_of(beta)).sort_values("patient").assign(grade=[0, 1] * 12)
    rows["grade"] = rows["grade"].astype(object).where(rows.index != rows.index[0], None)
    rows.to_csv(features_of(beta), index=False)
    ends = ({"name": "high", "values": named}, {"name": "low", "values": (0,)})
    content = study.model_dump() | {"question": {"endpoint": {"kind": "binary", "column": "grade", "classes": ends}}}
    loaded = site_table.load(beta, Study.model_validate(content), features_of(beta))
    assert (np.bincount(loaded.y.astype(int)).tolist(), loaded.exclusions) == ([12, 11], {Reason.LABEL_MISSING: 1})
    content["question"]["subgroup"] = ({"column": "grade", "any_of": named},)
    loaded = site_table.load(beta, Study.model_validate(content), features_of(beta))
    assert loaded.exclusions == {Reason.SUBGROUP: 12}


@pytest.mark.parametrize("column", ["ihc", "ish"])
def test_what_the_label_is_made_of_is_no_covariate(column: str, beta: Site, study: Study) -> None:
    clinical = study.comparators.model_copy(update={"clinical": (Covariate(column=column, kind="categorical"),)})
    with pytest.raises(MrfedError, match=f"asks for {column} as a covariate or clinical variable, of which"):
        site_table.load(beta, study.model_copy(update={"comparators": clinical}), features_of(beta))


@pytest.mark.parametrize("name", ["age", "f2"])
def test_a_word_in_a_column_of_numbers_ends_with_an_error_that_names_it(beta: Site, study: Study, name: str) -> None:
    rows = pd.read_csv(features_of(beta)).astype({name: object})
    rows.loc[3, name] = "n.a. "
    rows.to_csv(features_of(beta), index=False)
    with pytest.raises(MrfedError, match=f"table.csv: column '{name}': 1 of"):
        site_table.load(beta, study, features_of(beta))


def test_a_subgroup_leaves_the_others_out(beta: Site, study: Study) -> None:
    older = Condition(column="age", at_least=50)
    question = study.question.model_copy(update={"subgroup": (older,)})
    loaded = site_table.load(beta, study.model_copy(update={"question": question}), features_of(beta))
    assert (loaded.covariates["age"] >= 50).all()
    assert loaded.exclusions[Reason.SUBGROUP] == 24 - len(loaded.patients) > 0


def test_features_and_clinical_rows_may_lie_in_two_tables(beta: Site, study: Study) -> None:
    whole = pd.read_csv(features_of(beta))
    clinical = features_of(beta).with_name("clinical.csv")
    whole[["patient", "age", "ihc", "ish"]].iloc[2:].to_csv(clinical, index=False)
    whole.drop(columns=["age", "ihc", "ish"]).iloc[:-1].to_csv(features_of(beta), index=False)
    apart = beta.model_copy(update={"data": beta.data.model_copy(update={"clinical": clinical})})
    loaded = site_table.load(apart, study, features_of(beta))
    assert len(loaded.patients) == 21
    assert loaded.exclusions == {Reason.NO_CLINICAL_ROW: 2, Reason.NO_FEATURES: 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": Columns(patient="nobody", ihc="ihc")}, "there is no column 'nobody'"),
        ({"columns": Columns()}, "columns.ihc in site.yaml"),
        ({"feature_columns": "T1_"}, "correct feature_columns in site.yaml"),
        ({"columns": Columns(ihc="ihc", scanner="machine")}, "there is no column 'machine'"),
    ],
)
def test_a_missing_column_is_named_with_the_remedy(
    change: dict[str, object], said: str, beta: Site, study: Study
) -> None:
    with pytest.raises(MrfedError) as caught:
        site_table.load(beta.model_copy(update=change), study, features_of(beta))
    assert said in caught.value.text
    assert caught.value.code in (Code.DATA_MISSING, Code.LABEL_MISSING)


def test_a_missing_table_and_one_that_is_none_are_named(beta: Site, study: Study, tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match=r"nowhere\.csv: there is no such table; correct the path"):
        site_table.load(beta, study, tmp_path / "nowhere.csv")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(MrfedError, match=r"broken\.parquet: cannot be read \(.*\); export it anew"):
        site_table.load(beta, study, broken)


def test_her2_is_derived_and_every_case_has_its_reason() -> None:
    frame = pd.DataFrame({"ihc": ["0", "1+", "2+", "2+", "3+", None, "4+"], "ish": ["", "", "neg", "", "neg", "", ""]})
    found = outcomes(frame, Columns(ihc="ihc", ish="ish"), READY_MADE["her2-zero-vs-low"], Path("t.csv"))
    assert found == [
        0,
        1,
        1,
        Reason.LABEL_INDETERMINATE,
        Reason.LABEL_CONTRADICTORY,
        Reason.LABEL_MISSING,
        Reason.LABEL_UNREADABLE,
    ]


def test_any_column_can_be_the_endpoint_however_it_spells_its_integers() -> None:
    classes = (EndpointClass(name="no", values=(0,)), EndpointClass(name="yes", values=(1,)))
    endpoint = Endpoint(kind=EndpointKind.BINARY, column="pcr", classes=classes)
    frame = pd.DataFrame({"pcr": [0.0, 1, "1", None, 2]}, dtype=object)
    assert outcomes(frame, Columns(), endpoint, Path("t.csv")) == [
        0,
        1,
        1,
        Reason.LABEL_MISSING,
        Reason.OTHER_CLASS,
    ]


@pytest.mark.parametrize("values", [(0, 1), (False, True), ("no", "yes"), ("False", "True"), ("N", "Y")])
@pytest.mark.parametrize(
    "cells",
    [
        [False, True],
        ["FALSE", "TRUE"],
        ["no", "Yes"],
        ["0", 1.0],
        [0.0, "true "],
        ["n", "y"],
        [np.bool_(False), np.bool_(True)],
    ],
)
def test_yes_and_no_mean_what_they_say_however_table_and_study_write_them(
    values: tuple[object, object], cells: list[object]
) -> None:
    classes = tuple(EndpointClass(name=str(value), values=(value,)) for value in values)
    endpoint = Endpoint(kind=EndpointKind.BINARY, column="pcr", classes=classes)
    frame = pd.DataFrame({"pcr": [*cells, None, "unknown"]}, dtype=object)
    expected = [0, 1, Reason.LABEL_MISSING, Reason.OTHER_CLASS]
    assert outcomes(frame, Columns(), endpoint, Path("t.csv")) == expected


def test_a_word_is_no_number_where_there_are_more_classes_than_two() -> None:
    classes = tuple(EndpointClass(name=f"grade {grade}", values=(grade,)) for grade in (0, 1, 2))
    endpoint = Endpoint(kind=EndpointKind.ORDINAL, column="grade", classes=classes)
    frame = pd.DataFrame({"grade": ["0", "1", 2, "yes"]}, dtype=object)
    assert outcomes(frame, Columns(), endpoint, Path("t.csv")) == [0, 1, 2, Reason.OTHER_CLASS]


def test_values_of_no_class_are_listed_where_nobody_is_left(beta: Site, study: Study) -> None:
    classes = (EndpointClass(name="no", values=("absent",)), EndpointClass(name="yes", values=("present",)))
    endpoint = Endpoint(kind=EndpointKind.BINARY, column="ihc", classes=classes)
    question = study.question.model_copy(update={"endpoint": endpoint})
    with pytest.raises(MrfedError, match="no patient is left") as error:
        site_table.load(beta, study.model_copy(update={"question": question}), features_of(beta))
    assert "column ihc holds '0' (12), '1+' (12), where the study names 'absent', 'present'" in error.value.text


@pytest.mark.parametrize(
    ("cells", "statuses"),
    [
        (["+", "-", "–"], [1, 0, 0]),
        (["positive", "-", "negative"], [1, Reason.LABEL_UNREADABLE, 0]),
        (["-", "-", ""], [Reason.LABEL_UNREADABLE, Reason.LABEL_UNREADABLE, Reason.LABEL_INDETERMINATE]),
        (["1", "2", "1"], [Reason.LABEL_UNREADABLE] * 3),
    ],
)
def test_a_dash_is_negative_only_beside_a_plus(cells: list[str], statuses: list[object]) -> None:
    frame = pd.DataFrame({"ihc": "2+", "ish": cells})
    endpoint = READY_MADE["her2-positive-vs-negative"]
    assert outcomes(frame, Columns(ihc="ihc", ish="ish"), endpoint, Path("t.csv")) == statuses


@pytest.mark.parametrize("columns", [{"ish": "ISH group"}, {"ish": "dish_gruppe"}, {"ish_group": "ish"}])
def test_bare_numbers_are_groups_where_the_column_says_so(columns: dict[str, str]) -> None:
    name = next(iter(columns.values()))
    frame = pd.DataFrame({"ihc": "2+", name: [1, 2, 3, 5, None]}, dtype=object)
    endpoint = READY_MADE["her2-positive-vs-negative"]
    found = outcomes(frame, Columns(ihc="ihc", **columns), endpoint, Path("t.csv"))
    assert found == [1, 0, 1, 0, Reason.LABEL_INDETERMINATE]


def test_a_number_is_scaled_by_its_plausible_range_and_none_beyond_it_enters() -> None:
    score = Endpoint(kind=EndpointKind.CONTINUOUS, column="score", plausible=(0, 10))
    numbers = pd.DataFrame({"score": ["7.5", "0", 10, "10.001", "-3", "inf", "nan", "high", None]}, dtype=object)
    assert outcomes(numbers, Columns(), score, Path("t.csv")) == [
        0.5,
        -1,
        1,
        Reason.LABEL_IMPLAUSIBLE,
        Reason.LABEL_IMPLAUSIBLE,
        Reason.LABEL_MISSING,
        Reason.LABEL_MISSING,
        Reason.LABEL_UNREADABLE,
        Reason.LABEL_MISSING,
    ]
