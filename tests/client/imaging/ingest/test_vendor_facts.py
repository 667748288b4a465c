"""Facts of public quality-assurance sets as literal tables: what a vendor wrote, and what dcm2niix made of it.

Sources: Ref/ of neurolabusc/dcm_qa_uih and dcm_qa_toshiba (BSD 2-clause).
"""

import pytest
from pydicom.dataset import Dataset

from client.imaging.ingest.b_value import b_value
from client.imaging.ingest.gradient_direction import gradient_direction

UIH_AP_9 = (1.25194, *[928.289] * 16)
"""dti_tra_dir16_AP_9_134431.bval, s/mm²."""
TOSHIBA_AXIAL = (
    (0.445221, 0, 0.895421),
    (0.895421, 0.44522, 0),
    (0.44522, 0.895421, 0),
    (0.895421, 0, 0.44522),
    (0, 0.445221, 0.895421),
    (-0.445221, 0, 0.895421),
    (0.895421, -0.44522, 0),
)
"""Columns of 8006_DTI_AX_30d.bvec, unit vectors with the signs and axes of dcm2niix."""


@pytest.mark.parametrize("expected", sorted(set(UIH_AP_9)))
def test_b_values_of_uih(expected: float) -> None:
    one = Dataset()
    one.Manufacturer = "UIH"
    one.add_new(0x00650010, "LO", "Image Private Header")
    one.add_new(0x00651009, "FD", expected)
    assert b_value(one) == expected


@pytest.mark.parametrize("expected", TOSHIBA_AXIAL)
@pytest.mark.parametrize("as_comment", [False, True])
def test_directions_of_toshiba_and_canon(expected: tuple[float, float, float], as_comment: bool) -> None:
    one = Dataset()
    if as_comment:  # as its scanners have written them since Canon took the maker over
        one.Manufacturer = "CANON_MEC"
        one.ImageComments = f"b=1500({','.join(f'{part:.3f}' for part in expected)})"
    else:
        one.Manufacturer = "TOSHIBA_MEC"
        one.DiffusionBValue, one.DiffusionGradientOrientation = 1500.0, list(expected)
    assert b_value(one) == 1500
    assert gradient_direction(one) == pytest.approx(expected, abs=1e-3)


def test_a_comment_about_something_else_is_no_b_value() -> None:
    one = Dataset()
    one.ImageComments = "b=good quality, web=12"
    assert b_value(one) is None
