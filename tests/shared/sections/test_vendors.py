"""Makers of scanners by what a DICOM or a table calls them."""

import pytest

from shared.sections.vendors import NAMES, vendor_of


@pytest.mark.parametrize(
    ("scanner", "maker"),
    [
        ("SIEMENS Skyra 3 T", "Siemens"),
        ("Siemens Healthineers MAGNETOM Vida 3 T", "Siemens"),
        ("GE MEDICAL SYSTEMS SIGNA HDxt 1.5 T", "GE"),
        ("GE", "GE"),
        ("Genesis", "other"),
        ("Philips Medical Systems Ingenia 3 T", "Philips"),
        ("UIH uMR 790 3 T", "UIH"),
        ("TOSHIBA Vantage", "Canon"),
        ("scanner", "other"),
        ("", "other"),
    ],
)
def test_a_scanner_is_of_the_maker_that_its_name_begins_with(scanner: str, maker: str) -> None:
    assert NAMES[vendor_of(scanner)] == maker
