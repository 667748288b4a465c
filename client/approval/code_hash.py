"""One hash of all that can run when a site computes, as it is installed: the program and what it builds on."""

import hashlib
import site
import sysconfig
from collections.abc import Collection, Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGES = ("client", "harmonization", "shared")
_STARTED = ("sitecustomize.py", "usercustomize.py")
"""Modules that Python runs at its start wherever it finds them."""
_CODE = frozenset({".py", ".pth", ".so", ".pyd", ".pyc"})
_OF_INSTALLERS = ("direct_url.json", "INSTALLER", "REQUESTED", "RECORD")


@cache
def code_hash() -> str:
    """SHA-256 over the packages that run at a site and over all else that is installed, in hexadecimal.

    Dependencies and plug-ins count by the hashes that were recorded when they were installed. Every process of one
    installation gives the same hash, whatever it has imported: the one that approves, the node, a simulation's worker.
    """
    places = places_of_packages(_folders_of_packages())
    installed = list(metadata.distributions(path=[str(place) for place in places]))
    recorded = {line.partition("/")[0].partition(",")[0] for distribution in installed for line in _lines(distribution)}
    folders = {Path(sysconfig.get_path("stdlib")), *places}
    parts = (
        hash_of(Path(__file__).parents[2]),
        hash_of_installed(installed),
        hash_of_loose(sorted(folders), recorded),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def places_of_packages(folders: Iterable[Path]) -> list[Path]:
    """Folders that the interpreter searches for packages when it starts: these, and those that their .pth files add.

    A process's own search path would not do: libraries add the folder of what they bring along when they are imported,
    as Ray and setuptools do, and a variable of the environment may add what a node never sees.
    """
    places = {folder.resolve() for folder in folders if folder.is_dir()}
    for folder in sorted(places):
        for file in folder.glob("*.pth"):
            lines = file.read_text("utf-8", errors="replace").splitlines()
            named = [
                line.rstrip() for line in lines if line.strip() and not line.startswith(("#", "import ", "import\t"))
            ]
            places |= {(folder / line).resolve() for line in named if (folder / line).is_dir()}
    return sorted(places)


def _folders_of_packages() -> set[Path]:
    """Of this environment, and of the interpreter below it where the environment lets its packages in."""
    return {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")} | set(map(Path, site.getsitepackages()))


def hash_of(root: Path) -> str:
    """Of the names and contents of all files of the packages in a folder; compiled files do not count."""
    return _hash(
        (path.relative_to(root).as_posix(), path)
        for package in PACKAGES
        for path in sorted(root.joinpath(package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    )


def hash_of_installed(distributions: Iterable[metadata.Distribution]) -> str:
    """Of the name, version and recorded files of each distribution, in the order of their names.

    Parameters
    ----------
    distributions : with their records (PEP 376): a line a file, with the SHA-256 that it had when it was installed
    """
    total = hashlib.sha256()
    for name, version, lines in sorted(
        (distribution.metadata["Name"] or "", distribution.version, "\n".join(sorted(_lines(distribution))))
        for distribution in distributions
    ):
        total.update(f"{name} {version}\n{lines}\n".encode())
    return total.hexdigest()


def hash_of_loose(folders: Iterable[Path], recorded: Collection[str]) -> str:
    """Of code that no distribution has recorded: what Python runs at its start, and modules that were put beside.

    Parameters
    ----------
    folders : of the standard library and of installed packages
    recorded : names of the files and folders in them that belong to a distribution
    """
    loose: list[tuple[str, Path]] = []
    for folder in filter(Path.is_dir, folders):
        names = [name for name in _STARTED if (folder / name).is_file()]
        if folder.name.endswith("-packages"):
            names = sorted({place.name for place in folder.iterdir()} - set(recorded) - {"__pycache__"})
        for top in (folder / name for name in names):
            files = [top] if top.is_file() else sorted(top.rglob("*"))
            loose += [(file.relative_to(folder).as_posix(), file) for file in files if _is_code(file)]
    return _hash(loose)


def _is_code(file: Path) -> bool:
    return file.suffix in _CODE and "__pycache__" not in file.parts and file.is_file()


def _lines(distribution: metadata.Distribution) -> list[str]:
    """Files that were recorded, a line each, but for what an installer writes about itself."""
    lines = (distribution.read_text("RECORD") or "").splitlines()
    return [line for line in lines if "__pycache__" not in line and not line.partition(",")[0].endswith(_OF_INSTALLERS)]


def _hash(files: Iterable[tuple[str, Path]]) -> str:
    total = hashlib.sha256()
    for relative, path in files:
        name, content = relative.encode(), hashlib.sha256(path.read_bytes()).digest()
        total.update(len(name).to_bytes(4, "big") + name + content)
    return total.hexdigest()
