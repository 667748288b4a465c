"""The mapping file: its page, and the keys that remedies name."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from client.imaging.ingest.mapping import Mapping, PatientRule, load

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "mapping-file.md").read_text()
SOURCES = [
    path
    for folder in ("imaging", "quality", "preparation", "cohort")
    for path in (ROOT / "client" / folder).rglob("*.py")
]
KEY = re.compile(r"\((?P<key>[a-z_]+|patients\.ID\.(?P<own>[a-z_]+))(,|:|\)|\.)")


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_every_example_of_the_page_is_valid(example: str) -> None:
    assert Mapping.model_validate(yaml.safe_load(example)).model_dump(exclude_defaults=True)


def test_the_page_has_an_example_of_every_key() -> None:
    examples = [yaml.safe_load(example) for example in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    assert {key for example in examples for key in example} == set(Mapping.model_fields)
    own = {key for example in examples for rule in example.get("patients", {}).values() for key in rule}
    assert own == set(PatientRule.model_fields)


def _sentences(path: Path) -> list[str]:
    """Texts that a program says: constants, and what stands between the braces of others left out."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    said = {id(node.body[0].value) for node in ast.walk(tree)
            if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    said |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in ast.walk(tree):
        if id(node) in said | parts:
            continue
        if isinstance(node, ast.JoinedStr):
            found.append("".join(part.value if isinstance(part, ast.Constant) else "..." for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


REMEDIES = [
    (path.relative_to(ROOT), text)
    for path in SOURCES
    for text in _sentences(path)
    if "mapping file" in text and not text.endswith(("says the mapping file", "says the mapping file..."))
]


def test_there_are_remedies() -> None:
    assert len(REMEDIES) > 20


@pytest.mark.parametrize(("path", "text"), REMEDIES, ids=lambda value: str(value)[:60])
def test_a_remedy_names_a_key_of_the_mapping_file(path: Path, text: str) -> None:
    keys = [match for match in KEY.finditer(text) if match["key"] in Mapping.model_fields or match["own"]]
    plain = [key for key in Mapping.model_fields if f"declare {key} in the mapping file" in text]
    assert keys or plain or "saturation.offsets_ppm" in text or "... in the mapping file declares" in text, (path, text)
    for match in keys:
        assert match["own"] is None or match["own"] in PatientRule.model_fields, (path, text)


def test_site_files_are_named_by_their_name() -> None:
    for path in SOURCES:
        for text in _sentences(path):
            assert "site file" not in text, (path.relative_to(ROOT), text)


def test_a_file_without_answers_declares_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("# a question\n\n#: series:\n#:   - {description: dwi, sequence: dwi}\n")
    assert load(path) == Mapping()
