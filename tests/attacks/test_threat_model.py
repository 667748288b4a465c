"""The threat model names only tests that exist, and every attack that is tried."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODEL = TESTS.parent / "docs" / "threat-model.md"


def named() -> set[str]:
    """Tests in the table; `...` stands for the file of the row before."""
    found, file = set(), ""
    for path, test in re.findall(r"`(tests/[\w/]+\.py|\.\.\.)(?:::(\w+))?`", MODEL.read_text()):
        file = file if path == "..." else path
        found |= {f"{file}::{test}"} if test else {f"{file}::{attack}" for attack in attacks(TESTS.parent / file)}
    return found


def attacks(path: Path) -> set[str]:
    """Tests that are marked as attacks, by themselves or with all of their file."""
    body = ast.parse(path.read_text()).body
    whole = any("pytest.mark.attack" in ast.unparse(one) for one in body if isinstance(one, ast.Assign))
    return {
        one.name
        for one in body
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
        if whole or any(ast.unparse(mark) == "pytest.mark.attack" for mark in one.decorator_list)
    }


@pytest.mark.slow
def test_every_attack_has_its_row_and_every_row_its_test() -> None:
    tried = {
        f"{path.relative_to(TESTS.parent)}::{test}"
        for path in TESTS.rglob("test_*.py")
        if path != Path(__file__)
        for test in attacks(path)
    }
    assert named() - tried == set()
    assert {one.partition("::")[2] for one in tried - named()} == {
        "test_a_site_in_other_units_is_named_in_the_result",  # a mistake, not an attack
        "test_the_fleet_and_the_health_are_open",  # what must stay open
    }
