"""Images kept between two passes: whole or not at all, within a limit, and not for ever."""

import os
from pathlib import Path

import numpy as np
import pytest

from client.preparation.image_cache import DAYS, KeptImages

CONTENT = {"voxels": np.arange(250, dtype=np.float32)}  # 1000 bytes


@pytest.fixture
def kept(tmp_path: Path) -> KeptImages:
    return KeptImages(tmp_path / "kept", limit_gb=3e-6)  # 3000 bytes


def test_what_was_kept_is_found_until_it_was_used(kept: KeptImages) -> None:
    assert kept.find("a") is None
    kept.keep("a", CONTENT)
    record = kept.find("a")
    assert record is not None
    np.testing.assert_array_equal(record["voxels"], CONTENT["voxels"])
    kept.forget("a")
    assert kept.find("a") is None
    kept.forget("a")


def test_none_is_kept_beyond_the_limit(kept: KeptImages) -> None:
    for key in "abc":
        kept.keep(key, CONTENT)
    assert [kept.find(key) is not None for key in "abc"] == [True, True, False]
    kept.forget("a")
    kept.keep("c", CONTENT)
    assert kept.find("c") is not None


def test_a_limit_of_zero_keeps_nothing(tmp_path: Path) -> None:
    nothing = KeptImages(tmp_path / "kept", limit_gb=0)
    nothing.keep("a", CONTENT)
    assert not (tmp_path / "kept").exists()


def test_a_damaged_file_is_none(kept: KeptImages) -> None:
    kept.keep("a", CONTENT)
    [path] = kept.folder.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert kept.find("a") is None


def test_what_nobody_used_for_long_goes(kept: KeptImages) -> None:
    kept.keep("old", CONTENT)
    [path] = kept.folder.iterdir()
    then = path.stat().st_mtime - (DAYS + 1) * 86400
    os.utime(path, (then, then))
    kept.keep("new", CONTENT)
    kept.forget_old()
    assert (kept.find("old"), kept.find("new") is not None) == (None, True)
