"""Bytes that somebody may send who means harm: archives and arrays that lie about themselves."""

import io
import struct
import zipfile

import numpy as np

from shared import arrays

MILLION = 1_000_000


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def array(header: str, values: bytes = b"") -> bytes:
    """An array in NumPy's format with a header of one's own."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + values


def shaped(shape: str, kind: str = "<f8") -> bytes:
    """An array that says it has a shape, without any values."""
    return array(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}")


def flagged(content: bytes, flag: int) -> bytes:
    """An archive whose directory sets a flag of its first member."""
    start = content.index(b"PK\x01\x02")
    return content[: start + 8] + struct.pack("<H", flag) + content[start + 10 :]


def method(content: bytes, number: int) -> bytes:
    """An archive whose directory names another method of compression for its first member."""
    start = content.index(b"PK\x01\x02")
    return content[: start + 10] + struct.pack("<H", number) + content[start + 12 :]


def with_head(head: bytes) -> bytes:
    """A message whose head is these bytes."""
    return arrays.to_bytes({"": np.frombuffer(head, np.uint8)})


_ZEROS = archive({".npy": shaped("()") + bytes(8)})

HOSTILE: dict[str, bytes] = {
    "a shape of twelve digits": archive({".npy": shaped("(999999999999,)")}),
    "a shape that overflows": archive({".npy": shaped("(4294967296, 4294967296)")}),
    "an empty axis beside a long one": archive({".npy": shaped("(0, 999999999999)")}),
    "a shape of no digits": archive({".npy": shaped("(" + "9" * 5000 + ",)")}),
    "a header that is a program": archive({".npy": array("__import__('os').abort()")}),
    "a header nested deeply": archive({".npy": array("(" * 30_000)}),
    "a header without a kind": archive({".npy": shaped("()", "<i7") + bytes(8)}),
    "objects": archive({".npy": shaped("()", "|O") + bytes(8)}),
    "a bomb of zeros": archive({".npy": bytes(50 * MILLION)}, zipfile.ZIP_DEFLATED),
    "a broken stream": archive({".npy": bytes(MILLION)}, zipfile.ZIP_DEFLATED)[:300]
    + archive({".npy": bytes(MILLION)}, zipfile.ZIP_DEFLATED)[400:],
    "an encrypted member": flagged(_ZEROS, 1),
    "an unknown method": method(_ZEROS, 97),
    "bzip2": archive({".npy": bytes(MILLION)}, zipfile.ZIP_BZIP2),
    "no archive": b"PK\x05\x06" + bytes(18),
    "half an archive": _ZEROS[: len(_ZEROS) // 2],
    "nothing": b"",
    "a head nested deeply": with_head(b"[" * 100_000),
    "a head nested a little too deeply": with_head(
        b'{"step":"a","code":"ok","head":null,"texts":' + b"[" * 60 + b"]" * 60 + b"}"
    ),
    "a number without an end": with_head(b'{"step":"a","code":"ok","head":null,"texts":{"n":' + b"9" * MILLION + b"}}"),
    "a number that is none": with_head(b'{"step":"a","code":"ok","head":null,"texts":{"n":NaN}}'),
    "two values under one name": with_head(b'{"step":"a","step":"b","code":"ok","head":null,"texts":{}}'),
    "a cursor that moves": with_head(b'{"step":"a","code":"ok","head":null,"texts":{"word":"\\u001b[2A"}}'),
    "writing from right to left": with_head('{"step":"a","code":"ok","head":null,"texts":{"word":"\u202e"}}'.encode()),
}
"""What is sent, by what it is; each is shorter than a tenth of a megabyte or holds no more than it says."""
