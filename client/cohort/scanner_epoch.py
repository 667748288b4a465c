"""A scanner between two changes: from one software upgrade, or one change that the hospital declares, to the next.

Harmonization may treat each as a batch of its own (`harmonization.batch: software`).
"""

import numpy as np

from client.site.site_file import ScannerChange
from shared.arrays import Array


def epochs(scanner: Array, software: Array, examined: Array, declared: tuple[ScannerChange, ...]) -> Array:
    """(n,) the scanner of each patient, its software, and the last declared change before her examination.

    Parameters
    ----------
    scanner, software : (n,) as the DICOM states them; software may be empty
    examined : (n,) dates YYYYMMDD; a patient without a date counts as examined before every declared change
    declared : changes of the site file
    """
    named = []
    for machine, version, date in zip(scanner, software, examined, strict=True):
        past = [
            change
            for change in declared
            if change.scanner == machine and date and change.since.strftime("%Y%m%d") <= date
        ]
        last = max(past, key=lambda change: change.since, default=None)
        since = f"since {last.since:%Y-%m-%d}" if last else ""
        named.append(" | ".join(part for part in (machine, version, since) if part))
    return np.array(named, dtype=object).astype(str)
