"""The Flower app bundle (FAB): it names the installed apps and carries no code.

Flower ships a FAB from the coordinator to every site and would run what is in it. Ours holds one file of
names, is built from the installed package on either side, and is the only one that a site accepts.
"""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "fab"
"""The folder from which the FAB is built."""


def build() -> bytes:
    """The FAB; the same bytes wherever the same version is installed."""
    from flwr.cli.build import build_fab_from_files

    content, _ = build_fab_from_files({"pyproject.toml": FOLDER / "pyproject.toml"})
    return bytes(content)


def digest(content: bytes) -> str:
    """SHA-256 of a FAB, in hexadecimal: what a site compares."""
    return hashlib.sha256(content).hexdigest()
