"""Patients of successive studies, held against each other."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from client.earlier import FILE, Difference, differences, objections, record, sentence
from client.table import Table
from shared.errors import Code, MrfedError


def table(patients: int, first: int = 0, **outcomes: int) -> Table:
    numbers = range(first, first + patients)
    names = [f"p{number:03d}" for number in numbers]
    return Table(
        patients=np.array(names),
        features=("f",),
        x=np.zeros((patients, 1)),
        scanner=np.full(patients, "one"),
        machine=np.full(patients, "one"),
        batch=np.full(patients, "one"),
        covariates={},
        y=np.array([outcomes.get(name, number % 2) for name, number in zip(names, numbers, strict=True)]),
        exclusions=Counter(),
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


def test_few_patients_stand_against_a_study_until_somebody_accepts_them() -> None:
    few, many = Difference("a version 1", 3), Difference("b version 2", 10)
    (said,) = objections([few, many], 10, ())
    assert "differ from those of a version 1 by 3" in said
    assert sentence(few) in said
    assert objections([few, many], 10, [sentence(few)]) == ()
    assert objections([few], 10, [sentence(many)]) != ()


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
