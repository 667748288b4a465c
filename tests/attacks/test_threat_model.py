"""The threat model names only tests that exist, and every attack that is tried."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
MODEL = TESTS.parent / "docs" / "threat-model.md"


def named() -> set[str]:
    """Tests in the table; `...` stands for the file of the row before."""
    found, file = set(), ""
    for path, test in re.findall(r"`(tests/[\w/]+\.py|\.\.\.)(?:::(\w+))?`", MODEL.read_text()):
        file = file if path == "..." else path
        found |= {f"{file}::{test}"} if test else {f"{file}::{one}" for one in attacks(TESTS.parent / file)}
    return found


def attacks(path: Path) -> set[str]:
    """Tests of a file that are marked as attacks."""
    if "pytest.mark.attack" not in path.read_text():
        return set()
    functions = (one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef))
    return {one.name for one in functions if one.name.startswith("test_")}


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
