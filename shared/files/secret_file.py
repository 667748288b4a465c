"""Files that only their owner may read."""

import os
from pathlib import Path

from shared.errors import Code, MrfedError
from shared.files import private_place


def write(path: Path, content: bytes) -> None:
    """Write a new secret; whoever looks sees nothing, or all of it with mode 0600.

    Raises
    ------
    MrfedError if the file is there already: a key is never overwritten.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(path.suffix + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)  # unlike a rename, fails where a file is
    except FileExistsError as error:
        raise MrfedError(
            Code.REFUSED, f"{path}: is there already; a key is never overwritten, move it away first"
        ) from error
    finally:
        partial.unlink()


def check(path: Path) -> None:
    """Refuse a secret that others can read or exchange.

    Raises
    ------
    MrfedError if the file is missing, its mode lets group or others in, it is a link, or others could put another in
    its place (`private_place`).
    """
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError as error:
        raise MrfedError(Code.DATA_MISSING, f"{path}: is missing; run init first") from error
    private_place.require(path)
    if mode & 0o077:
        raise MrfedError(Code.REFUSED, f"{path}: mode {mode:04o} lets others read this key; run: chmod 600 {path}")
