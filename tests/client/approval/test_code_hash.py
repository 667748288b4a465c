"""What runs at a site and is not our own package counts too."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from client.approval import code_hash
from shared.services.flower.environment import environment


def distribution(folder: Path, name: str, digest: str) -> metadata.Distribution:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(
        f"{name}/__init__.py,sha256={digest},10\n{info.name}/RECORD,,\n{name}/__pycache__/a.pyc,,\n"
    )
    return metadata.Distribution.at(info)


def test_a_dependency_counts_by_what_was_recorded_of_it(tmp_path: Path) -> None:
    one, other = distribution(tmp_path / "a", "numpy", "x"), distribution(tmp_path / "b", "numpy", "y")
    assert code_hash.hash_of_installed([one]) != code_hash.hash_of_installed([other])
    plug_in = distribution(tmp_path / "a", "plug-in", "z")
    assert code_hash.hash_of_installed([one, plug_in]) == code_hash.hash_of_installed([plug_in, one])
    assert code_hash.hash_of_installed([one, plug_in]) != code_hash.hash_of_installed([one])


def hash_elsewhere(first: str, **variables: str) -> str:
    """The hash of the program in a process that does something else first."""
    code = f"{first}\nfrom client.approval.code_hash import code_hash\nprint(code_hash())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **variables})
    return done.stdout.strip()


@pytest.mark.parametrize(
    "first",
    [
        "import sys, sysconfig; sys.path.insert(0, sysconfig.get_path('purelib') + '/setuptools/_vendor')",
        "import sys, sysconfig; sys.path.append(sysconfig.get_path('purelib') + '/ray/thirdparty_files')",
        "import sys, sysconfig; sys.path.append(sysconfig.get_path('purelib'))",
    ],
    ids=["what setuptools brings", "what ray brings", "packages twice"],
)
@pytest.mark.processes
def test_every_process_of_an_installation_gives_the_same_hash_whatever_it_has_imported(first: str) -> None:
    assert hash_elsewhere(first) == code_hash.code_hash()


@pytest.mark.processes
def test_a_package_on_the_path_of_who_approves_does_not_count_as_the_node_never_sees_it(tmp_path: Path) -> None:
    distribution(tmp_path, "module-of-the-cluster", "x")
    assert hash_elsewhere("", PYTHONPATH=str(tmp_path)) == code_hash.code_hash()


def test_a_folder_that_a_pth_file_adds_is_searched_and_its_packages_count(tmp_path: Path) -> None:
    folder, added = tmp_path / "site-packages", tmp_path / "added"
    folder.mkdir()
    added.mkdir()
    assert code_hash.places_of_packages([folder, folder, tmp_path / "none"]) == [folder]
    (folder / "plug-in.pth").write_text(f"# {tmp_path}\nimport os\n\n../added\n{tmp_path / 'none'}\n")
    assert code_hash.places_of_packages([folder]) == [added, folder]


@pytest.mark.parametrize(
    "slip_in",
    [
        lambda folder: (folder / "sitecustomize.py").write_text("import os"),
        lambda folder: (folder / "evil.pth").write_text("import os"),
        lambda folder: (folder / "shadow.py").write_text("import os"),
        lambda folder: [(folder / "shadow").mkdir(), (folder / "shadow" / "__init__.py").write_text("import os")],
        lambda folder: (folder / "shadow.so").write_bytes(b"\x7fELF"),
    ],
    ids=["sitecustomize", "pth", "module", "package", "library"],
)
@pytest.mark.attack
def test_what_was_put_beside_the_installed_packages_counts(
    slip_in: Callable[[Path], object], tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    folder = tmp_path / "site-packages"
    (folder / "numpy").mkdir(parents=True)
    (folder / "numpy" / "__init__.py").write_text("")
    before = code_hash.hash_of_loose([folder], {"numpy"})
    slip_in(folder)
    assert code_hash.hash_of_loose([folder], {"numpy"}) != before
    gained(
        "Slip a module beside the installed packages, after a hospital has approved a study",
        "it runs at the next start, and the hash of the program is the same",
        "the hash differs: nothing is answered before the study is approved anew",
    )


@pytest.mark.attack
def test_the_environment_of_a_sites_processes_is_built_and_not_inherited(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    for name in ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "LD_PRELOAD", "LD_LIBRARY_PATH", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, str(tmp_path))
    built = environment(tmp_path, "/usr/bin:/bin")
    assert str(tmp_path) not in [value for name, value in built.items() if name != "FLWR_HOME"]
    assert (built["PYTHONSAFEPATH"], built["PYTHONNOUSERSITE"]) == ("1", "1")
    gained(
        "Set PYTHONPATH before a hospital joins",
        "the launcher imports from there first",
        "the processes find what is installed, and nothing else",
    )
