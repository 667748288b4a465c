"""Tables of text as hospitals export them: what is found, and what is refused for having two readings."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.site.tables import numbers, read
from shared.errors import MrfedError

EXPECTED = pd.DataFrame({"patient": ["0042", "0043", "0044"], "f0": [0.5, -1.25, 3.0], "age": [50, 61, 47]})


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_separator_is_found(tmp_path: Path, separator: str, ending: str) -> None:
    text = EXPECTED.to_csv(index=False, sep=separator, lineterminator=ending)
    pd.testing.assert_frame_equal(read(written(tmp_path, text)), EXPECTED)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_decimal_commas_are_numbers(tmp_path: Path, separator: str) -> None:
    path = written(tmp_path, EXPECTED.to_csv(index=False, sep=separator, decimal=","))
    pd.testing.assert_frame_equal(read(path), EXPECTED)


def test_quoted_decimal_commas_between_commas_are_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, 'patient,f0,age\n0042,"0,5",50\n0043,"-1,25",61\n0044,"3,0",47\n')
    pd.testing.assert_frame_equal(read(path), EXPECTED)


def test_thousands_and_decimal_comma_are_one_number(tmp_path: Path) -> None:
    found = read(written(tmp_path, "patient;f0\na;1.234,5\nb;0,25\nc;\n"))
    np.testing.assert_array_equal(found["f0"], [1234.5, 0.25, np.nan])


def test_decimal_commas_between_commas_are_no_shifted_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "patient,f0,f1\na,1,5,2,5\nb,2,5,3,5\n")
    with pytest.raises(MrfedError, match=r"table\.csv: row 1 has 5 cells and the header 3 \(decimal commas"):
        read(path)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (("3.181.018", "0.42", "1.7"), "separators of thousands"),
        (("03181018945697266", "-04208723312584156", "27097142829"), "lost points"),
        (("3181018945697266", "0.42", "1.7"), "one lost point"),
        (("1,5", "2.5", "3"), "both marks"),
        (("1,234,567", "2,5", "3,5"), "both meanings of a comma"),
        (("0,5 ml", "1,5 ml", "2,5 ml"), "a unit"),
    ],
)
def test_numbers_of_two_readings_are_refused(tmp_path: Path, cells: tuple[str, ...], why: str) -> None:
    rows = "\n".join(f"{name};{cell}" for name, cell in zip("abc", cells, strict=True))
    frame = read(written(tmp_path, f"patient;f0\n{rows}\n")).set_index("patient")
    with pytest.raises(MrfedError, match=r"table\.csv: column 'f0': .*decimal point"):
        numbers(frame[["f0"]], tmp_path / "table.csv")


def test_a_point_is_no_decimal_mark_beside_decimal_commas_where_it_may_part_thousands(tmp_path: Path) -> None:
    frame = read(written(tmp_path, "patient;f0;f1\na;0,5;1.234\nb;1,5;2.345\n")).set_index("patient")
    with pytest.raises(MrfedError, match=r"column 'f1': numbers have lost their decimal point, or"):
        numbers(frame[["f0", "f1"]], tmp_path / "table.csv")


def test_thousands_between_commas_are_no_decimals(tmp_path: Path) -> None:
    frame = read(written(tmp_path, 'patient,f0\na,"1,234"\nb,987\n')).set_index("patient")
    with pytest.raises(MrfedError, match=r"column 'f0': 1 of 2 values are no numbers"):
        numbers(frame[["f0"]], tmp_path / "table.csv")


@pytest.mark.parametrize(
    "text",
    [
        "patient\tf0\tf1\na\t1,234\t0.5\nb\t2,345\t1.5\n",
        "patient;f0;f1\na;1,234;0.5\nb;2,345;1.5\n",
        "patient\tf0\tf1\na\t1,234\t5\nb\t987\t6\n",
        "patient|f0\na|1,234\nb|12,345\n",
    ],
)
def test_a_comma_that_may_part_thousands_is_no_decimal_mark_unless_the_table_shows_it(
    tmp_path: Path, text: str
) -> None:
    frame = read(written(tmp_path, text)).set_index("patient")
    with pytest.raises(MrfedError, match=r"column 'f0': "):
        numbers(frame, tmp_path / "table.csv")


@pytest.mark.parametrize("text", ["patient;f0\na;1,234\nb;987\n", "patient\tf0\tf1\na\t1,234\t0,5\nb\t987\t1,5\n"])
def test_a_comma_before_three_digits_is_a_decimal_mark_where_the_table_shows_it(tmp_path: Path, text: str) -> None:
    np.testing.assert_array_equal(read(written(tmp_path, text))["f0"], [1.234, 987])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    found = read(written(tmp_path, "patient;größe;Ort\nMüller;1,5;Köln\nWeiß;2,5;Öhringen\n", encoding))
    assert found.columns.tolist() == ["patient", "größe", "Ort"]
    assert found["patient"].tolist() == ["Müller", "Weiß"]
    assert found["größe"].tolist() == [1.5, 2.5]


def test_chinese_text_is_found(tmp_path: Path) -> None:
    found = read(written(tmp_path, "patient,医院,ish\na,北京,阳性\nb,上海,阴性\n", "gb18030"))
    assert found["ish"].tolist() == ["阳性", "阴性"]


def test_an_encoding_that_does_not_show_is_asked_for_and_used(tmp_path: Path) -> None:
    path = written(tmp_path, "patient,город\na,Москва и область\n", "cp1251")
    with pytest.raises(MrfedError, match=r"line 1 is not UTF-8, .*data\.encoding in site\.yaml"):
        read(path)
    assert read(path, encoding="cp1251")["город"].tolist() == ["Москва и область"]
    with pytest.raises(MrfedError, match=r"cannot be read as klingon"):
        read(path, encoding="klingon")


def test_a_spreadsheet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(MrfedError, match=r"is a spreadsheet, not text; save it as CSV"):
        read(path)


def test_what_spreadsheets_add_is_left_aside(tmp_path: Path) -> None:
    text = "sep=;\n patient ; f0 ;\n 0042 ;0,5;\n\n0043;-1,25;\n;;\n"
    found = read(written(tmp_path, text))
    pd.testing.assert_frame_equal(found, EXPECTED[["patient", "f0"]].iloc[:2])


def test_a_compressed_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(EXPECTED.to_csv(index=False).encode()))
    pd.testing.assert_frame_equal(read(path), EXPECTED)


def test_null_is_a_word_in_the_column_of_ihc_and_an_empty_cell_elsewhere(tmp_path: Path) -> None:
    found = read(written(tmp_path, "patient,ihc,f0\na,null,1.5\nb,1+,null\nc,,2\n"), words=("ihc", None))
    assert found["ihc"].tolist()[:2] == ["null", "1+"]
    assert found["ihc"].isna().tolist() == [False, False, True]
    np.testing.assert_array_equal(found["f0"], [1.5, np.nan, 2])


@pytest.mark.parametrize("value", [1e200, -1e160, 3.5e38, 1.7976931348623157e308])
def test_a_number_that_nobody_measures_is_named_with_its_patient(value: float) -> None:
    frame = pd.DataFrame({"f0": [1.0, 2.0], "f1": [0.5, value]}, index=["a", "b"])
    with pytest.raises(MrfedError, match=r"table\.csv: patient b: f1 is .*which nobody measures \(so are 1 of 2"):
        numbers(frame, Path("table.csv"))
    np.testing.assert_array_equal(numbers(frame.assign(f1=1e37), Path("table.csv"))[:, 1], [1e37, 1e37])


@pytest.mark.parametrize(
    ("header", "repeated"), [("patient;f0;f0", "f0"), ("patient;f0; f0 ", "f0"), ("patient;f0;patient", "patient")]
)
def test_two_columns_of_one_name_are_refused(tmp_path: Path, header: str, repeated: str) -> None:
    with pytest.raises(MrfedError, match=rf"table\.csv: column '{repeated}' stands there twice; remove one"):
        read(written(tmp_path, f"{header}\na;0,5;1,5\nb;1,5;2,5\n"))
