"""What ingest does with one file that came from outside, end to end; only an error that names it may come out."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import Examination, examine
from client.imaging.ingest.frame import MaskObject
from client.imaging.ingest.header import Reading, read
from client.imaging.ingest.index import Patient
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.outline import outlines
from client.imaging.ingest.segmentation import read_segment
from client.imaging.ingest.structure_set import read_region
from client.imaging.volume import Geometry
from shared.errors import MrfedError
from shared.sections.sequence import Sequence

HANGING_S = 30
"""Nothing here takes a second: a file that keeps the reader busy for so long does so for ever."""
GRID = Geometry((8, 6, 4), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
_REPRESENTATION = re.compile(rb"(AE|AS|AT|CS|DA|DS|DT|FL|FD|IS|LO|LT|OB|OW|PN|SH|SL|SQ|SS|ST|TM|UI|UL|UN|US|UT)")
_ODD = (
    b"", b"\0" * 8, b"\xff" * 8, b"1e308\\1e308\\1e308", b"nan\\inf\\-inf", b"-0", b"9" * 40, b"\\" * 9, b"-1",
    "Größe ♥".encode(), b"\x80\x81\xfe", b"1.2.840.10008.1.2.4.70", b"1.2.840.10008.1.2.1.99", b"../../etc/passwd\0",
    b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"\xfe\xff\xdd\xe0\0\0\0\0", b"20240230", b"256161.999999",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with a few bytes, values, lengths or stretches changed; most of them in its header."""
    content = bytearray(whole)
    elements = [match.start() for match in _REPRESENTATION.finditer(whole[:20_000])]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, min(len(content), 20_000) - 1)))
        match draw(st.sampled_from(("byte", "value", "length", "representation", "cut", "again", "drop"))):
            case "byte":
                content[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "value":
                start = draw(st.sampled_from(elements)) + 4
                odd = draw(st.sampled_from(_ODD))
                content[start : start + len(odd)] = odd
            case "length":
                start = draw(st.sampled_from(elements)) + 2
                content[start : start + 2] = draw(st.sampled_from((b"\0\0", b"\xff\xff", b"\x01\0", b"\xff\x7f")))
            case "representation":
                start = draw(st.sampled_from(elements))
                content[start : start + 2] = draw(st.sampled_from((b"SQ", b"UN", b"FD", b"DS", b"US", b"OB", b"??")))
            case "cut":
                del content[at:]
            case "again":
                content[at:at] = content[at : at + draw(st.integers(1, 400))]
            case "drop":
                del content[at : at + draw(st.integers(1, 400))]
    return bytes(content)


def exercise(content: bytes, folder: Path) -> Reading:
    """Read a file, and all that follows from what it says: only errors that name patient and file may come out."""
    path = folder / "one.dcm"
    path.write_bytes(content)
    with not_for_ever():
        reading = read(content, path.name)
        assert reading.frames or reading.mask or reading.fault or reading.other
        if reading.frames:
            patient = reading.frames[0].patient
            whole = Patient(patient, reading.frames, (), {})
            examination = named(patient, lambda: examine(whole, Mapping()))
            if isinstance(examination, Examination):
                _volumes(examination, patient, folder)
        if reading.mask is not None:
            _masks(reading.mask, path)
    return reading


def _volumes(examination: Examination, patient: str, folder: Path) -> None:
    dynamic = named(patient, examination.dynamic)
    stacks = list(dynamic.phases) if dynamic else []
    diffusion = named(patient, examination.diffusion)
    stacks += [repeat for repeats in diffusion.stacks for repeat in repeats] if diffusion else []
    stacks += [found for one in Sequence if (found := named(patient, lambda one=one: examination.single(one)))]
    for stack in stacks:
        named(patient, lambda stack=stack: pixels.load(stack, folder), "one.dcm")


def _masks(mask: MaskObject, path: Path) -> None:
    outlines([mask], Mapping())
    for number in [segment.number for segment in mask.segments[:3]]:
        if mask.modality == "SEG":
            named(mask.patient, lambda number=number: read_segment(path, number, mask.patient), path.name)
        else:
            named(mask.patient, lambda number=number: read_region(path, number, GRID, mask.patient), path.name)


def named(patient: str, look, file: str = ""):
    """What a look finds; an error that it meets names the patient, and the file where it is about one."""
    try:
        return look()
    except MrfedError as error:
        if f"patient {patient}" not in error.text or file not in error.text:
            raise AssertionError(f"names nobody, or no file: {error.text}") from error
        return None


@contextmanager
def not_for_ever() -> Iterator[None]:
    """End what would not end by itself."""

    def end(*_: object) -> None:
        raise AssertionError(f"a file kept the reader busy for {HANGING_S} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(HANGING_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
