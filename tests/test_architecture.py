"""The rules of docs/architecture.md, held against the code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "shared": {"shared"},
    "harmonization": {"harmonization"},
    "client": {"client", "shared", "harmonization"},
    "server": {"server", "shared", "harmonization"},
    "simulations": {"simulations", "client", "server", "shared", "harmonization"},
}
OURS = set(MAY_IMPORT)
SEAM_TO_FLOWER = {
    "client/node/app.py",
    "client/node/flower_private.py",
    "client/node/launcher.py",
    "client/node/self_test.py",
    "server/app.py",
    "server/delivery.py",
    "server/federation.py",
    "shared/services/flower/fab.py",
    "shared/federation/messages.py",
    "simulations/in_process.py",
    "simulations/on_ray.py",
}
"""Files that may speak Flower: whatever leaves a site passes through `shared.federation.messages.Answer`."""
HEAVY = {"torch", "monai", "ray", "radiomics", "SimpleITK", "highdicom", "matplotlib"}


def modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for package in sorted(OURS):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield package, path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def test_imports_run_one_way() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for package, path, tree in modules()
        for name in imported(tree)
        if (top := name.split(".")[0]) in OURS and top not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_only_the_seam_speaks_flower() -> None:
    speaking = {
        str(path.relative_to(ROOT))
        for _, path, tree in modules()
        for name in imported(tree)
        if name.split(".")[0] == "flwr"
    }
    assert speaking == SEAM_TO_FLOWER


def test_no_room_for_odds_and_ends() -> None:
    vague = {"utils", "helpers", "common", "misc", "manager", "util", "helper"}
    assert [str(path) for _, path, _ in modules() if vague & set(path.relative_to(ROOT).with_suffix("").parts)] == []


def test_what_two_tests_use_stands_in_a_file_of_its_own() -> None:
    imported = [
        (str(path.relative_to(ROOT)), node.module)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.rpartition(".")[2].startswith("test_")
    ]
    assert imported == []


@pytest.mark.parametrize("module", ["client.node.app", "server.app", "client.cli", "server.cli", "simulations.cli"])
def test_what_starts_often_imports_nothing_heavy(module: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.split()
    assert HEAVY & set(loaded) == set()
