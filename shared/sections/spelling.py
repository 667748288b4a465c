"""How a value of a table is written, alike at all hospitals and in the study file."""

from collections.abc import Iterable

_TRUTHS = {
    **dict.fromkeys(("true", "yes"), "True"),
    **dict.fromkeys(("false", "no"), "False"),
}
"""What YAML reads as a truth value, whichever of these words stands in the file; a spreadsheet writes others."""
_CODES = {"True": True, "1": True, "y": True, "t": True, "on": True}
_CODES |= {"False": False, "0": False, "n": False, "f": False, "off": False}


def spelling(value: object) -> str:
    """A category as text: 1 and 1.0 are one, and so are True, TRUE and yes.

    An empty cell makes 1.0 of the 1 in its column; YAML reads a bare yes as true, and spreadsheets write TRUE.

    Parameters
    ----------
    value : of a cell, or of a study file
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    return _TRUTHS.get(text.casefold(), text)


def truth(value: object) -> bool | None:
    """What a value says where only yes and no are asked for: 1, y, t and on are yes too; None where it is neither."""
    text = spelling(value)
    return _CODES.get(text, _CODES.get(text.casefold()))


def asks_for_truths(values: Iterable[object]) -> bool:
    """Whether values of a study file are one yes and one no, however each is written, and nothing else."""
    return sorted({str(truth(value)) for value in values}) == ["False", "True"]
