"""Tables as text (CSV) the way hospitals export them: encoding, separator and decimal mark are found, or asked for.

What can be read in two ways is not guessed: a lost decimal point or a shifted column is worse than an error.
"""

import bz2
import csv
import gzip
import io
import logging
import lzma
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from shared.errors import Code, MrfedError

log = logging.getLogger(__name__)

_SEPARATORS = (",", ";", "\t", "|")
_MARKS = (
    ("utf-32", b"\xff\xfe\x00\x00"),
    ("utf-32", b"\x00\x00\xfe\xff"),
    ("utf-8-sig", b"\xef\xbb\xbf"),
    ("utf-16", b"\xff\xfe"),
    ("utf-16", b"\xfe\xff"),
)
"""Encodings by the mark with which a file begins; the longer first."""
_PACKED = ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7zXZ", lzma.decompress))
_WESTERN = set("äöüßÄÖÜàâáãåæçèéêëìíîïñòóôõøùúûýÿÀÂÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØÙÚÛÝœŒšŠžŽ°±²³µ·½¼¾×€‘’“”„«»–—…§®©ªº¿¡\xa0")
_RUNS = re.compile(rb"[\x80-\xff]+")
_HEAD = 50
"""Lines by which a separator is recognized."""

_COMMA = r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)?,\d+(?:[eE][+-]?\d+)?"
_WHOLE = r"[+-]?\d+(?:[eE][+-]?\d+)?"
_IN_THREES = r"[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+"
"""Three digits behind each mark: a separator of thousands as likely as a decimal mark."""
_LOST = r"[+-]?(?:0\d{3,}|\d{15,})"
"""A number that has lost its decimal point: no count and no measurement is written so."""


def read(path: Path, patient: str, words: Sequence[str] = (), encoding: str | None = None) -> pd.DataFrame:
    """Read a table of text.

    Parameters
    ----------
    path : of the file; may be compressed
    patient : the column of identifiers, which are text whatever they look like
    words : columns in which `null` is a word and no empty cell
    encoding : of the file, where the hospital has named it

    Returns
    -------
    A row a line. Numbers with a decimal comma are numbers; a column in which a decimal mark was lost, or that has
    commas and points, stays text, so that whoever asks it for numbers hears of it.

    Raises
    ------
    MrfedError where the encoding is not found, two columns have one name, or a row has more cells than the header.
    """
    text = decoded(_unpacked(path.read_bytes()), path, encoding)
    first, _, rest = text.partition("\n")
    if stated := re.fullmatch(r'"?sep=(.)"?', first.strip()):
        text, separator = rest, stated[1]
    else:
        separator = separator_of(text, patient)
    even = io.StringIO(_even(text, separator, path))
    typed = pd.read_csv(even, dtype={patient: str})
    even.seek(0)
    written = pd.read_csv(even, dtype=str, keep_default_na=False)
    return _with_numbers(typed, written, patient, words, separator)


def _unpacked(raw: bytes) -> bytes:
    """The bytes of a file, without compression."""
    for mark, unpack in _PACKED:
        if raw.startswith(mark):
            return unpack(raw)
    return raw


def _by_name(raw: bytes, path: Path, encoding: str) -> str:
    """The text of a file by an encoding; MrfedError where there is none of the name, or the file is not of it."""
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"{path}: cannot be read as {encoding} ({str(error).partition(':')[0]}); name its encoding as "
            "data.encoding in site.yaml, or save it as CSV (UTF-8)",
        ) from error


def _chinese(raw: bytes) -> bool:
    """Whether a file is text in gb18030 whose characters outside ASCII are Chinese."""
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return re.search("[\x80-\u2fff\u3040-\u4dff\ua000-\ufeff]", text) is None


def decoded(raw: bytes, path: Path, encoding: str | None = None) -> str:
    """The text of a file.

    Unicode is recognized by its mark or its form. Of other encodings, that of Western Europe (windows-1252) and that of
    China (gb18030) tell themselves apart by where bytes stand alone and where in pairs.

    Raises
    ------
    MrfedError where it is neither, or no text.
    """
    if raw[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise MrfedError(Code.DATA_UNREADABLE, f"{path}: is a spreadsheet, not text; save it as CSV (UTF-8)")
    if encoding is not None:
        return _by_name(raw, path, encoding)
    for name, mark in _MARKS:
        if raw.startswith(mark):
            return _by_name(raw, path, name)
    if b"\x00" in raw[:1000]:
        return _by_name(raw, path, "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    runs = [match.group() for match in _RUNS.finditer(raw)]
    fits = []
    if set(b"".join(runs).decode("windows-1252", errors="replace")) <= _WESTERN and max(map(len, runs)) < 3:
        fits.append("windows-1252")
    if all(len(run) % 2 == 0 for run in runs) and _chinese(raw):
        fits.append("gb18030")
    if len(fits) != 1:
        line = raw[: next(_RUNS.finditer(raw)).start()].count(b"\n") + 1
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"{path}: line {line} is not UTF-8, and the file does not show what it is; save it as CSV (UTF-8), or name "
            "its encoding as data.encoding in site.yaml (windows-1252, gb18030, shift_jis, ...)",
        )
    log.info("%s: is not UTF-8; read as %s", path, fits[0])
    return raw.decode(fits[0])


def separator_of(text: str, patient: str) -> str:
    """What stands between the cells: what makes the column of patients one of the header, else most columns.

    Parameters
    ----------
    text : of the file
    patient : name of the column of identifiers
    """
    lines = [line for line in text.splitlines()[:_HEAD] if line.strip()]
    if not lines:
        return ","
    headers = {
        separator: [cell.strip() for cell in next(csv.reader([lines[0]], delimiter=separator))]
        for separator in _SEPARATORS
    }
    naming = [separator for separator, cells in headers.items() if patient in cells]
    widest = max(naming or _SEPARATORS, key=lambda separator: len(headers[separator]))
    spaced = lines[0].split()
    if len(headers[widest]) == 1 and len(spaced) > 1 and patient in spaced:
        return " "
    return widest


def _even(text: str, separator: str, path: Path) -> str:
    """The table with commas, every row as long as the header, without blanks about cells and without empty rows.

    Raises
    ------
    MrfedError where a row has more cells than the header, so that they would stand in wrong columns, or two columns
    have one name, so that nobody could tell which of them is asked for.
    """
    if separator.isspace() and separator != "\t":
        read_rows = [line.split() for line in text.splitlines()]
    else:
        read_rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True))
    rows = [[cell.strip() for cell in row] for row in read_rows]
    rows = [row for row in rows if any(row)]
    if not rows:
        raise MrfedError(Code.DATA_UNREADABLE, f"{path}: holds no table; export it anew")
    header = rows[0]
    while header and not header[-1] and not any(len(row) >= len(header) and row[len(header) - 1] for row in rows):
        header = header[:-1]
    if repeated := [name for place, name in enumerate(header) if name and name in header[:place]]:
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"{path}: column {repeated[0]!r} stands there twice; remove one of the two, or rename it",
        )
    for number, row in enumerate(rows[1:], start=1):
        if any(row[len(header) :]):
            because = " (decimal commas between commas, perhaps)" if separator == "," else ""
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{path}: row {number} has {len(row)} cells and the header {len(header)}{because}; export the table "
                "with a separator that is not in its values, or with quotes",
            )
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerows([(row + [""] * len(header))[: len(header)] for row in [header, *rows[1:]]])
    return out.getvalue()


def _with_numbers(
    typed: pd.DataFrame, written: pd.DataFrame, patient: str, words: Sequence[str], separator: str
) -> pd.DataFrame:
    """The table with numbers where a decimal comma makes text of them, and with text where a number is doubtful.

    Parameters
    ----------
    typed, written : the same cells, as pandas takes them and as they stand in the file
    patient, words, separator : as for `read`
    """
    changed: dict[str, pd.Series] = {}
    by_comma: dict[str, bool] = {}
    for name in typed.columns:
        if name in words:  # pandas takes null for an empty cell
            changed[name] = written[name].where(written[name] != "")
        elif name != patient and not pd.api.types.is_numeric_dtype(typed[name]):
            cells = typed[name].dropna().astype(str)
            with_comma = cells.str.fullmatch(_COMMA)
            if len(cells) and with_comma.any() and (with_comma | cells.str.fullmatch(_WHOLE)).all():
                by_comma[name] = not cells[with_comma].str.fullmatch(_IN_THREES).all()
        elif name != patient and written[name].str.fullmatch(_LOST).any():
            changed[name] = written[name].where(written[name] != "")
    commas_are_decimal = separator == ";" or any(by_comma.values())
    beside_points = any(
        _has_decimal_points(written[name]) for name in typed.select_dtypes("number").columns if name != patient
    )
    for name, certain in by_comma.items():
        if certain or (commas_are_decimal and not beside_points):
            changed[name] = _by_comma(typed[name])
    if any(by_comma.values()):
        for name in typed.columns.difference([*changed, patient]):
            if _in_threes(written[name]):
                changed[name] = written[name].where(written[name] != "")
    return typed.assign(**changed)


def doubtful(cells: pd.Series) -> bool:
    """Whether text is of numbers that have lost their decimal point, or may have.

    Parameters
    ----------
    cells : (n,) text; empty cells are left aside
    """
    text = cells.dropna().astype(str).str.strip()
    return bool(text.str.fullmatch(_LOST).any()) or _in_threes(text)


def _in_threes(text: pd.Series) -> bool:
    """Whether every mark in a column may be a separator of thousands."""
    marked = text[text.str.contains("[.,]")]
    return len(marked) > 0 and bool(marked.str.fullmatch(_IN_THREES).all())


def _has_decimal_points(text: pd.Series) -> bool:
    """Whether some point in a column cannot be a separator of thousands."""
    return bool((text.str.contains(".", regex=False) & ~text.str.fullmatch(_IN_THREES)).any())


def _by_comma(cells: pd.Series) -> pd.Series:
    """Numbers of cells with a decimal comma."""
    plain = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return plain.astype("float64") if plain.notna().all() else pd.to_numeric(plain).astype(np.float64)
