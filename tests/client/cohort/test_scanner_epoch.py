"""Scanners between two changes."""

from datetime import date

import numpy as np

from client.cohort.scanner_epoch import epochs
from client.site.site_file import ScannerChange


def test_a_declared_change_is_of_one_scanner_and_from_its_day_on():
    scanner = np.array(["one", "one", "one", "two", "one"])
    software = np.array(["A", "A", "A", "A", ""])
    examined = np.array(["20250109", "20250110", "20250401", "20250401", ""])
    declared = (
        ScannerChange(scanner="one", since=date(2025, 3, 1), what="gradient"),
        ScannerChange(scanner="one", since=date(2025, 1, 10), what="coil"),
    )
    assert epochs(scanner, software, examined, declared).tolist() == [
        "one | A",
        "one | A | since 2025-01-10",
        "one | A | since 2025-03-01",
        "two | A",
        "one",
    ]
