"""Files that grow by whole lines: one process at a time adds to them; what a power cut left unfinished is dropped."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shared.files import durable_file, private_place


@contextmanager
def locked(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading and adding, kept from other processes; made where it is missing, for its owner.

    Raises
    ------
    MrfedError (`REFUSED`) where the file is a link, or others could exchange it (`private_place`).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    private_place.require(path)
    new = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if new:
            durable_file.sync_folder(path.parent)
        yield file


def last_line(file: BinaryIO) -> tuple[bytes, int]:
    """The last whole line, and the number of bytes after it, which are cut off."""
    size = file.seek(0, os.SEEK_END)
    tail = b""
    start = size
    # From the end in pieces, until two line ends (or the start of the file) are in the tail.
    while start and tail.count(b"\n") < 2:
        step = min(start, 65536)
        start -= step
        file.seek(start)
        tail = file.read(step) + tail
    *lines, unfinished = tail.split(b"\n")
    if unfinished:
        file.truncate(size - len(unfinished))
        os.fsync(file.fileno())
    return (lines[-1] if lines else b""), len(unfinished)


def tail(file: BinaryIO, most_bytes: int) -> list[bytes]:
    """The last whole lines, of which together no more than so many bytes are read."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - most_bytes)
    file.seek(start)
    first, *lines = file.read(size - start).split(b"\n")
    whole = lines[:-1]  # after the last line's end nothing stands
    return [first, *whole] if start == 0 and lines else whole


def add(file: BinaryIO, line: bytes) -> None:
    """Add a line; it is on the disk on return."""
    file.write(line + b"\n")
    file.flush()
    os.fsync(file.fileno())
