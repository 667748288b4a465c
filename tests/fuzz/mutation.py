"""Bad inputs made of good ones, the same ones every time: what is tried where no coverage guides the choice."""

from collections.abc import Iterator, Sequence
from random import Random

ODD = (
    b"", b"\x00", b"\xff" * 4, b"\xff" * 8, b"\x00" * 8, b"9" * 30, b"-1", b"1e308", b"nan", b".inf", b"[" * 60,
    b"{" * 60, b"\x1b[2A", "\u202e".encode(), "\u0430".encode(), b"\n", b"\r\n", b"'", b'"',
    b"PK\x01\x02", b"PK\x03\x04",
    b"\x93NUMPY", b"(999999999999,)", b"|O", b"&a [*a]", b"!!python/object:os.system", b"\xfe\xff\xdd\xe0",
)  # fmt: skip
"""Stretches at which parsers stumble."""


def inputs(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many inputs.

    Parameters
    ----------
    seeds : good inputs
    count : how many
    seed : of the choice
    """
    random = Random(seed)
    for _ in range(count):
        content = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 6)):
            _change(content, seeds, random)
        yield bytes(content)


def _change(content: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    # headers stand at the start of files and directories at their end
    reach = random.choice((64, 512, 4096, len(content) + 1))
    at = min(random.randrange(reach), len(content))
    at = len(content) - at if random.random() < 0.3 else at
    length = random.choice((1, 2, 4, 8, random.randint(1, 300)))
    match random.randrange(7):
        case 0:
            content[at : at + 1] = bytes([random.randrange(256)])
        case 1:
            content[at : at + 1] = bytes([content[at] ^ (1 << random.randrange(8))]) if at < len(content) else b""
        case 2:
            odd = random.choice(ODD)
            content[at : at + len(odd)] = odd
        case 3:
            content[at:at] = random.choice(ODD)
        case 4:
            del content[at : at + length]
        case 5:
            content[at:at] = content[at : at + length]
        case 6:
            other = random.choice(seeds)
            start = random.randrange(len(other) or 1)
            content[at : at + length] = other[start : start + length]
