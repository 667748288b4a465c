"""What all tests share: where the real data lies."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REAL_DATA = Path(os.environ.get("MRFED_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Give the folder of a real data set; skip, saying so, where it is missing."""

    def folder(name: str) -> Path:
        path = REAL_DATA / name
        if not path.is_dir():
            pytest.skip(f"real data {name} not found under {REAL_DATA}")
        return path

    return folder
