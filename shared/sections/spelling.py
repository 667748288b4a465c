"""How a value of a table is written, alike at all hospitals and in the study file."""


def spelling(value: object) -> str:
    """A category as text: 1 and 1.0 are one, which a column with an empty cell makes of the other.

    Parameters
    ----------
    value : of a cell, or of a study file
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
