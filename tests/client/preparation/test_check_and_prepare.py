"""`check` and `prepare` give one answer: who is usable is prepared, and who is prepared was usable."""

from pathlib import Path

import pytest

from client.preparation.prepare import prepare
from client.quality.check import check
from shared.errors import MrfedError
from tests.imaging_cases import hospital

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("e_no_preamble", True),
        ("x06_vendor_map_without_unit", False),
        ("p3_repeat_other_gain", False),
        ("p3_single", True),
        ("s12_two_far_slices", True),
        ("p1_philips_rwv", True),
    ],
)
def test_one_answer(name: str, usable: bool, tmp_path: Path) -> None:
    site, study = hospital(name, tmp_path)
    assert check(site, study).usable == int(usable)
    try:
        outcome = prepare(site, study)
    except MrfedError:
        assert not usable
    else:
        assert (outcome.patients, not outcome.failures) == (int(usable), usable)
