"""The result as a file: the same content, a line for each part, no line for each number."""

import json

import pytest

from server.report.writing import readable


def test_parts_and_items_have_lines_and_numbers_none() -> None:
    content = {"name": "é", "none": [], "model": {"a": [1, 2]}, "features": [{"counts": [[1, 2], [3, 4]]}, {"x": None}]}
    text = readable(content)
    assert json.loads(text) == content
    assert text.splitlines() == [
        "{",
        ' "name": "é",',
        ' "none": [],',
        ' "model": {"a": [1, 2]},',
        ' "features": [',
        '  {"counts": [[1, 2], [3, 4]]},',
        '  {"x": null}',
        " ]",
        "}",
    ]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        readable({"a": float("nan")})
