"""Makers of scanners, as measures by vendor name them."""

VENDORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Siemens", ("siemens",)),
    ("GE", ("ge ", "general electric", "ge_", "gems")),
    ("Philips", ("philips",)),
    ("UIH", ("uih", "united imaging")),
    ("Canon", ("canon", "toshiba")),
    ("other", ()),
)
"""Name, and how scanners of this maker begin, in lower case; the last takes the rest."""

NAMES = tuple(name for name, _ in VENDORS)


def vendor_of(scanner: str) -> int:
    """Place in `VENDORS` of the maker of a scanner.

    Parameters
    ----------
    scanner : as the site calls it; the DICOM's make, model and field strength, or a column of its table
    """
    called = f"{scanner.strip().lower()} "
    found = (place for place, (_, starts) in enumerate(VENDORS) if any(called.startswith(one) for one in starts))
    return next(found, len(VENDORS) - 1)
