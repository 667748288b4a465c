"""Cells of hospitals' tables as numbers and categories."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.site import tables
from client.site.tables import empty, numbers
from shared.errors import MrfedError
from shared.sections.spelling import spelling

PATH = Path("clinical.csv")


def test_cells_without_a_finite_number_are_gaps() -> None:
    frame = pd.DataFrame({"age": ["50", " ", None, "inf", "1e3"], "er": [1, 0, np.nan, -np.inf, 2]})
    expected = [[50, 1], [np.nan, 0], [np.nan, np.nan], [np.nan, np.nan], [1000, 2]]
    np.testing.assert_array_equal(numbers(frame, PATH), expected)
    assert empty(frame["er"]).tolist() == [False, False, True, True, False]
    assert empty(frame["age"]).tolist() == [False, True, True, False, False]


@pytest.mark.parametrize("word", ["abc", "12,5", "50 y"])
def test_a_word_among_numbers_is_named_by_its_column_and_not_shown(word: str) -> None:
    with pytest.raises(MrfedError, match=r"clinical.csv: column 'age': 1 of 3 values are no numbers") as error:
        numbers(pd.DataFrame({"er": [1, 0, 1], "age": ["50", word, ""]}), PATH)
    assert word not in error.value.text


def test_a_category_is_spelled_alike_with_and_without_an_empty_cell_in_its_column() -> None:
    column, gap = pd.Series([0, 1]), pd.Series([0, 1, None])
    assert [spelling(one) for one in column] == [spelling(one) for one in gap[:2]] == ["0", "1"]
    assert [spelling(one) for one in (1.5, "pre ", True)] == ["1.5", "pre", "True"]


def test_a_name_or_cell_that_moves_the_cursor_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clinical.csv"
    path.write_text('patient,her2\n1,"low\x1b[2A"\n')
    frame = tables.read(path)
    with pytest.raises(MrfedError, match=r"row 1 of 'her2' holds a character that does not show"):
        tables.column(frame, "her2", path)
    path.write_text('patient,"her2\x1b[2A"\n1,low\n')
    with pytest.raises(MrfedError, match=r"the name of column .* does not show"):
        tables.read(path)


@pytest.mark.attack
def test_no_cell_of_a_written_table_is_a_formula(tmp_path: Path, gained) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "predictions.csv"
    frame = pd.DataFrame({"patient": ["=cmd|' /C calc'!A0", "0042"], "=risk": [-0.5, 0.25], "batch": ["@x", "MR 1"]})
    tables.write(frame, path)
    assert path.read_text().splitlines() == [
        "patient,'=risk,batch",
        "'=cmd|' /C calc'!A0,-0.5,'@x",
        "0042,0.25,MR 1",
    ]
    gained(
        "Name a patient or a scanner like a formula",
        "a spreadsheet computes it when predictions.csv is opened",
        "such a cell begins with an apostrophe",
    )
