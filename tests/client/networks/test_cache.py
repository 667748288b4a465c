"""Crops on the disk: found again by what they were made of, made anew where they are broken."""

from pathlib import Path

import numpy as np
import pytest

from client.networks.cache import Cache
from shared.arrays import Array


class Maker:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, Array]:
        self.times += 1
        return {"images": np.arange(12.0).reshape(3, 4)}


def test_what_was_made_is_found_again(tmp_path: Path) -> None:
    make = Maker()
    for _ in range(3):
        cached = Cache(tmp_path).get(["settings", 1], make)
    assert make.times == 1
    np.testing.assert_array_equal(cached["images"], make()["images"])


def test_other_settings_are_another_file(tmp_path: Path) -> None:
    make = Maker()
    for key in ({"size": 12}, {"size": 13}):
        Cache(tmp_path).get(key, make)
    assert make.times == 2
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "text"])
def test_a_corrupt_file_is_made_anew(damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make = Maker()
    whole = Cache(tmp_path).get("key", make)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    flipped = content[:200] + bytes([content[200] ^ 0xFF]) + content[201:]
    path.write_bytes({"cut": content[:100], "empty": b"", "flipped": flipped, "text": b"nothing"}[damage])
    cached = Cache(tmp_path).get("key", make)
    np.testing.assert_array_equal(cached["images"], whole["images"])
    assert make.times == 2
    assert "is broken" in caplog.text
    assert path.read_bytes() == content
