"""What runs at a site and is not our own package counts too."""

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
