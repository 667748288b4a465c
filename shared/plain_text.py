"""Text that shows what it says: no character in it moves a cursor, changes a direction or shows as nothing.

A class named after an escape sequence would draw its own sentence over what `approve` says, on a terminal; a mark that
turns the direction of writing would swap words in a page; a cell that begins like a formula would be computed by a
spreadsheet. So what comes from others is refused where it holds such a character, and what is shown has it written out.
"""

import unicodedata
from collections.abc import Mapping

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of control and format characters (the bidirectional ones among them), surrogates, private and
unassigned ones, and separators of lines and paragraphs (Unicode Standard, chapter 4.5)."""
_BLANK = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, *range(0xFE00, 0xFE10), 0xFFA0]
) | frozenset(range(0xE0100, 0xE01F0))
"""Letters and marks that are drawn as nothing: fillers, variation selectors (Unicode's Default_Ignorable_Code_Point
outside the categories above) and the blank of Braille."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets compute (OWASP, CSV Injection)."""


def is_plain(text: str) -> bool:
    """Whether every character of a text shows as itself; blanks do, line ends do not."""
    return (text.isascii() and text.isprintable()) or not any(map(_is_hidden, text))


def require(value: object) -> None:
    """Refuse a value that holds text with hidden characters anywhere: in lists, in mappings and in their names.

    Raises
    ------
    ValueError that names the first such character.
    """
    level, seen = [value], set[int]()
    while level:
        inner: list[object] = []
        for part in level:
            if isinstance(part, str):
                if not is_plain(part):
                    hidden = ord(next(filter(_is_hidden, part)))
                    raise ValueError(
                        f"a text holds the character U+{hidden:04X}, which does not show; write it without"
                    )
            elif id(part) not in seen:  # what stands in several places, or in itself, is looked through once
                seen.add(id(part))
                inner += _parts(part)
        level = inner


def visible(text: str, kept: str = "") -> str:
    r"""A text whose hidden characters are written out, such as `\x1b`.

    Parameters
    ----------
    text : from anywhere
    kept : hidden characters that may stay, such as the line ends of what is meant to have lines
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode() if character not in kept and _is_hidden(character) else character
        for character in text
    )


def cell(value: object) -> object:
    """A cell of a table for people: a text that a spreadsheet would compute begins with an apostrophe.

    Parameters
    ----------
    value : a number, or a text whose hidden characters are written out
    """
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if value.startswith(_FORMULA) else shown


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or ord(character) in _BLANK


def _parts(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else []
