"""What is said of a file that a person named and that cannot be read."""

from pathlib import Path

import pytest

from shared.errors import Code, MrfedError
from shared.federation import receipt
from shared.files import named_file
from shared.results import bundle, result


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "some").write_bytes(b"\0content")
    assert named_file.read(tmp_path / "some", Code.DATA_UNREADABLE) == b"\0content"


@pytest.mark.parametrize("load", [bundle.read, result.load, receipt.load])
def test_a_file_that_is_not_there_is_said_not_to_be(tmp_path: Path, load) -> None:
    with pytest.raises(MrfedError, match=r"some: there is no such file; check the path"):
        load(tmp_path / "some")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match="is a folder; name the file in it"):
        named_file.read(tmp_path, Code.DATA_UNREADABLE)


def test_a_file_of_something_else_says_where_the_right_one_comes_from(tmp_path: Path) -> None:
    path = tmp_path / "receipts.json"
    path.write_text("[1]")
    with pytest.raises(MrfedError, match="no list of receipts; ask for what mrfed-coordinator receipts prints"):
        receipt.load(path)
    with pytest.raises(MrfedError, match="not the result of a study"):
        result.load(path)
