"""How long an acquisition took, where a vendor says so in elements of its own.

References: the conformance statements of GE (0019,105A), microseconds, and Siemens (0051,100A), `TA 58.00` or
`TA 01:30`.
"""

import re

from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import private_number, text
from client.imaging.ingest.private import Private

_GE = Private("ge", "GEMS_ACQU_01", 0x0019, 0x5A, "<f")
_SIEMENS = Private("siemens", "SIEMENS MR HEADER", 0x0051, 0x0A)
_TA = re.compile(r"TA (?:(?P<minutes>\d+):)?(?P<seconds>\d+(?:\.\d+)?)")


def vendor_duration_s(dataset: Dataset) -> float | None:
    """Seconds; None where nothing says. It may be that of all phases together."""
    manufacturer = text(dataset, 0x00080070)
    microseconds = private_number(dataset, _GE.tag(dataset, manufacturer), _GE.binary)
    if microseconds:
        return microseconds / 1e6
    tag = _SIEMENS.tag(dataset, manufacturer)
    stated = _TA.match(text(dataset, tag)) if tag is not None else None
    return int(stated["minutes"] or 0) * 60 + float(stated["seconds"]) if stated else None
