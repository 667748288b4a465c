"""One hash of the program that computes at a site, as it is installed."""

import hashlib
from functools import cache
from pathlib import Path

PACKAGES = ("client", "harmonization", "shared")


@cache
def code_hash() -> str:
    """SHA-256 over the names and contents of all files of the packages that run at a site, in hexadecimal."""
    return hash_of(Path(__file__).parents[2])


def hash_of(root: Path) -> str:
    """The same for the packages in a folder; compiled files do not count."""
    total = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted(root.joinpath(package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(root).as_posix().encode()
                content = hashlib.sha256(path.read_bytes()).digest()
                total.update(len(name).to_bytes(4, "big") + name + content)
    return total.hexdigest()
