"""Small inputs that were once read wrongly, each a hospital with one patient: `cases/imaging` beside the real data."""

import shutil
from pathlib import Path

import pytest

from client.quality.check import SiteCheck, check
from client.site import site_file
from client.site.site_file import Site
from shared.study import study as study_file
from shared.study.study import Study
from tests.conftest import REAL_DATA

CASES = REAL_DATA.parent / "cases" / "imaging"


def hospital(name: str, folder: Path) -> tuple[Site, Study]:
    """Site and study of a case, copied so that the workspace may be written.

    Parameters
    ----------
    name : of the case's folder
    folder : where it is copied to
    """
    source = next(CASES.glob(f"*/{name}"), None)
    if source is None:
        pytest.skip(f"{CASES} has no case {name}")
    shutil.copytree(source, folder / name, copy_function=shutil.copy)
    for path in (folder / name, *(folder / name).rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return site_file.load(folder / name / "site.yaml"), study_file.load(folder / name / "study.yaml")


def checked(name: str, folder: Path) -> SiteCheck:
    """What `check` finds of a case."""
    return check(*hospital(name, folder))
