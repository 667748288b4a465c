"""A secret is readable by its owner alone, and never overwritten."""

from pathlib import Path

import pytest

from shared.errors import Code, MrfedError
from shared.files import secret_file


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ca.key"
    secret_file.write(path, b"secret")
    assert path.read_bytes() == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in path.parent.iterdir()] == ["ca.key"]
    secret_file.check(path)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "ca.key"
    secret_file.write(path, b"first")
    with pytest.raises(MrfedError, match="never overwritten"):
        secret_file.write(path, b"second")
    assert path.read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["ca.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "ca.key"
    secret_file.write(path, b"secret")
    path.chmod(mode)
    with pytest.raises(MrfedError, match="chmod 600") as refused:
        secret_file.check(path)
    assert refused.value.code is Code.REFUSED


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match="run init first"):
        secret_file.check(tmp_path / "ca.key")
