"""The rules of docs/architecture.md, held against the code."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from shared.sections.model import SETTINGS

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
    "server/network/flower_command.py",
    "server/network/flower_private.py",
    "shared/services/flower/executor.py",
    "shared/services/flower/fab.py",
    "shared/services/flower/foreign_fab.py",
    "shared/federation/messages.py",
    "simulations/in_process.py",
    "simulations/on_ray.py",
}
"""Files that may speak Flower: whatever leaves a site passes through `shared.federation.messages.Answer`."""
FLOORS = {
    "shared": (
        "plain_text",
        "errors",
        "step",
        "sections",
        "files",
        "arrays",
        "folds",
        "services",
        "metrics",
        "clustering",
        "strategies",
        "models",
        "networks",
        "selection",
        "study",
        "training",
        "contract",
        "federation",
        "privacy",
        "results",
    ),
    "client": (
        "site",
        "imaging",
        "preparation",
        "review",
        "cohort",
        "quality",
        "networks",
        "approval",
        "prediction",
        "exchange",
        "node",
        "commands",
        "cli",
    ),
}
"""Folders, and files at the root, from the ground up: each imports only those before it."""
MOST_AT_ROOT = 12
WHOLE = {
    "shared/metrics": "a reader looks for a statistic in one place, whichever side asks for it",
    "shared/privacy": "what answers imply is for the hospital that approves and for the coordinator that plans",
    "shared/federation": "a protocol is read as a whole, though each side speaks its own part",
}
"""Folders of `shared` that stay together though one side alone imports some of their files, and why."""
MOST_PARAMETERS = 7
MANY_PARAMETERS = {
    ("client/networks/local_round.py", "__init__"),
    ("client/quality/check_patient.py", "_check_maps"),
    ("server/federation.py", "__init__"),
    ("shared/contract/quantity.py", "clear"),
    ("shared/contract/quantity.py", "masked"),
}
"""Functions that take more, by name; those that are compiled take arrays, for which no object can stand."""
HEAVY = {"torch", "monai", "ray", "radiomics", "SimpleITK", "highdicom", "matplotlib"}


@cache
def modules() -> list[tuple[str, Path, ast.Module]]:
    return [
        (package, path, ast.parse(path.read_text(encoding="utf-8")))
        for package in sorted(OURS)
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


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


@cache
def dependencies() -> dict[str, set[str]]:
    """Of every file of ours those of ours that it imports, both by their dotted names."""
    trees = {".".join(path.relative_to(ROOT).with_suffix("").parts): tree for _, path, tree in modules()}

    def of(tree: ast.Module) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield inner if (inner := f"{node.module}.{alias.name}") in trees else str(node.module)

    return {name: {imported for imported in of(tree) if imported in trees} for name, tree in trees.items()}


@pytest.mark.parametrize("package", list(FLOORS))
def test_a_folder_imports_only_those_below_it(package: str) -> None:
    inside = {name: imported for name, imported in dependencies().items() if name.startswith(f"{package}.")}
    assert {name.split(".")[1] for name in inside} - {"__init__"} == set(FLOORS[package])
    floor = {name: FLOORS[package].index(name.split(".")[1]) for name in inside if name != f"{package}.__init__"}
    climbing = [
        f"{name} imports {imported}, which is above it"
        for name, all_imported in inside.items()
        for imported in all_imported & set(floor)
        if floor[imported] > floor[name]
    ]
    assert climbing == []


@pytest.mark.parametrize("package", list(FLOORS))
def test_the_page_lists_the_folders_from_the_ground_up(package: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (table,) = re.findall(rf"^### {package}/\n(.*?)(?=^##)", page, flags=re.MULTILINE | re.DOTALL)
    folders = [name for name in FLOORS[package] if (ROOT / package / name).is_dir()]
    assert re.findall(r"^\| `(\w+)/` \|", table, flags=re.MULTILINE) == folders


def test_files_import_each_other_in_no_circle() -> None:
    try:
        TopologicalSorter(dependencies()).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("package", list(FLOORS))
def test_the_root_of_a_package_holds_few_files(package: str) -> None:
    at_root = [path.name for path in (ROOT / package).glob("*.py") if path.name != "__init__.py"]
    assert len(at_root) <= MOST_AT_ROOT, at_root


def test_no_file_but_the_one_of_its_section_compares_with_the_name_of_a_model() -> None:
    comparing = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for _, path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for name in ast.walk(node)
        if isinstance(name, ast.Constant) and name.value in SETTINGS
    ]
    assert comparing == []


def test_nothing_in_shared_is_private_to_one_side() -> None:
    importers: defaultdict[str, set[str]] = defaultdict(set)
    for name, all_imported in dependencies().items():
        for imported in all_imported:
            importers[imported].add("shared" if name.startswith("shared.") else name.split(".")[0])
    private = [
        f"{name} is imported by {side} alone: move it there"
        for name, sides in importers.items()
        for side in ("client", "server")
        if name.startswith("shared.") and sides == {side}
        if "/".join(name.split(".")[:2]) not in WHOLE
    ]
    assert private == []


def is_compiled(function: ast.FunctionDef) -> bool:
    return any(
        "compiled" in ast.unparse(decorator) or "njit" in ast.unparse(decorator)
        for decorator in function.decorator_list
    )


def test_functions_take_few_parameters() -> None:
    many = {
        (str(path.relative_to(ROOT)), node.name)
        for _, path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and not is_compiled(node)
        and len({arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)} - {"self", "cls"})
        > MOST_PARAMETERS
    }
    assert many == MANY_PARAMETERS


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
