"""What the names of files and folders say: format, patient, session, and which files belong together."""

import re
from pathlib import Path

_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr")
_BESIDE_EXPORTS = frozenset(
    ("dicomdir", "lockfile", "version", "autorun.inf", ".ds_store", "thumbs.db", "desktop.ini", "readme", "readme.txt")
)


def is_plain(path: str) -> bool:
    """Whether a file is NIfTI or NRRD."""
    return path.lower().endswith(_SUFFIXES)


def is_beside_exports(path: str) -> bool:
    """Whether a file is one that viewers, disks and systems put beside exports: nobody need hear of it."""
    return Path(path).name.lower() in _BESIDE_EXPORTS


def stem(name: str) -> str:
    """Name of a NIfTI or NRRD file without what tells its format."""
    suffix = next((ending for ending in _SUFFIXES if name.lower().endswith(ending)), "")
    return name[: len(name) - len(suffix)]


def sidecars(path: Path) -> tuple[Path, Path]:
    """Files beside a NIfTI or NRRD file that say how it was acquired: JSON, and b-values."""
    name = stem(path.name)
    return path.with_name(f"{name}.json"), path.with_name(f"{name}.bval")


def subject(path: str) -> str:
    """Patient by BIDS' `sub-`, in the name or a folder above it; empty where there is none."""
    match = re.search(r"(?:^|[/_])sub-([A-Za-z0-9]+)", path)
    return match[1] if match else ""


def session(path: str) -> str:
    """Session by BIDS' `ses-`; empty where there is none."""
    match = re.search(r"(?:^|[/_])ses-([A-Za-z0-9]+)", path)
    return match[1] if match else ""
