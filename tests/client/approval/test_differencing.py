"""Patients of successive studies, held against each other."""

from pathlib import Path

import numpy as np
import pytest

from client.approval.differencing import FILE, Difference, broken_rules, differences, record, sentence
from client.cohort.table import Table
from shared.errors import Code, MrfedError


def table(patients: int, first: int = 0, covariates: dict[str, np.ndarray] | None = None, **outcomes: int) -> Table:
    numbers = range(first, first + patients)
    names = [f"p{number:03d}" for number in numbers]
    return Table(
        patients=np.array(names),
        features=("f",),
        x=np.zeros((patients, 1)),
        scanner=np.full(patients, "one"),
        machine=np.full(patients, "one"),
        batch=np.full(patients, "one"),
        covariates=covariates or {},
        y=np.array([outcomes.get(name, number % 2) for name, number in zip(names, numbers, strict=True)]),
        left_out={},
        settings="",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An approval whose study was answered about forty patients."""
    folder = tmp_path / "approvals" / ("a" * 64) / "1"
    record(tmp_path, folder, "her2-low version 1", table(40))
    (folder / "ledger").mkdir()
    (folder / "ledger" / "first.answer").touch()
    return folder


def test_the_same_patients_leave_no_difference(tmp_path: Path, folder: Path) -> None:
    assert differences(tmp_path, None, table(40)) == ()
    assert differences(tmp_path, folder, table(3)) == ()  # an approval is not held against itself
    (folder / "ledger" / "first.answer").unlink()
    assert differences(tmp_path, None, table(3)) == ()  # of which nothing was answered


@pytest.mark.parametrize(
    ("later", "patients"),
    [(table(39), 1), (table(43), 3), (table(39, first=1), 1), (table(40, first=1), 2), (table(40, p007=0), 1)],
)
def test_who_came_went_or_changed_class_is_counted(tmp_path: Path, folder: Path, later: Table, patients: int) -> None:
    assert folder.is_dir()
    assert differences(tmp_path, None, later) == (Difference("her2-low version 1", patients),)


def test_what_a_reader_scored_otherwise_is_counted_where_both_studies_ask_for_it(tmp_path: Path) -> None:
    def scored(**changed: str) -> dict[str, np.ndarray]:
        values = ["mild"] * 40
        for patient, value in changed.items():
            values[int(patient[1:])] = value
        return {"age": np.arange(40.0), "reader.oedema": np.array(values)}

    folder = tmp_path / "approvals" / ("a" * 64) / "1"
    record(tmp_path, folder, "one version 1", table(40, covariates=scored()))
    (folder / "ledger").mkdir()
    (folder / "ledger" / "first.answer").touch()
    assert differences(tmp_path, None, table(40, covariates=scored())) == ()
    later = table(40, covariates=scored(p003="none", p007="none"))
    assert differences(tmp_path, None, later) == (Difference("one version 1", 2),)
    without = table(40, covariates={"age": np.arange(40.0), "grade": np.arange(40.0)})
    assert differences(tmp_path, None, without) == (), "what only one asks for is in no sum of the other"
    assert "mild" not in (folder / FILE).read_text()


def test_few_patients_stand_against_a_study_until_somebody_accepts_them() -> None:
    few, many = Difference("a version 1", 3), Difference("b version 2", 10)
    (refusal,) = broken_rules([few, many], 10, ())
    assert "differ from those of a version 1 by 3" in refusal
    assert sentence(few) in refusal
    assert broken_rules([few, many], 10, [sentence(few)]) == ()
    assert broken_rules([few], 10, [sentence(many)]) != ()


def test_patients_who_come_or_go_within_a_study_stop_it(tmp_path: Path, folder: Path) -> None:
    record(tmp_path, folder, "her2-low version 1", table(40))
    with pytest.raises(MrfedError, match="1 patients have come") as error:
        record(tmp_path, folder, "her2-low version 1", table(41))
    assert error.value.code is Code.DATA_INCONSISTENT
    record(tmp_path, folder, "her2-low version 1", table(40))


def test_the_record_names_nobody_and_is_the_owners_alone(folder: Path) -> None:
    path = folder / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"p001" not in path.read_bytes()
