"""Cells of hospitals' tables as numbers and categories."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

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
