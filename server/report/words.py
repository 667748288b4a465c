"""How numbers are written for a reader."""

NONE = "–"
"""Stands where a measure has no value."""


def decimal(value: float | None, places: int = 2) -> str:
    """Write a number with fixed decimals and a true minus sign."""
    return NONE if value is None else f"{value:.{places}f}".replace("-", "\u2212")


def signed(value: float | None, places: int = 2) -> str:
    """Write a number with its sign."""
    return NONE if value is None else f"{value:+.{places}f}".replace("-", "\u2212")


def percent(share: float | None) -> str:
    """Write a share in whole per cent."""
    return NONE if share is None else f"{100 * share:.0f} %"


def count(patients: int | None, minimum: int) -> str:
    """Write a count, or that it lies under the minimum."""
    return f"< {minimum}" if patients is None else whole(patients)


def count_if_told(patients: int | None) -> str:
    """Write a count, or that the site does not tell it: it, or another from which it would follow, is too small."""
    return "not told" if patients is None else whole(patients)


def whole(number: int) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def size(content: int) -> str:
    """Write a number of bytes in the unit that leaves at most three digits before the point."""
    value = float(content)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def p_value(p: float) -> str:
    """Write a p value: two digits, or that it is smaller than one can care about."""
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def digest(hexadecimal: str) -> str:
    """Write the start of a digest, enough to compare by eye."""
    return hexadecimal[:12]


def listed(names: list[str]) -> str:
    """Write names as a list in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def shortened(name: str, most: int) -> str:
    """Write a long name by its start and its end."""
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[: most - 1 - half]}…{name[-half:]}"
