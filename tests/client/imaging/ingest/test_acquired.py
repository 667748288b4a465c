"""Computed and derived images do not pass for acquired ones; words, not letters within words."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from client.imaging.ingest.frame import Frame
from client.imaging.ingest.header import read
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.recognize import recognize
from shared.sections.sequence import Sequence
from tests.exports import finish, header

SPIN_ECHO = {"RepetitionTime": 4000, "EchoTime": 90}
ORIGINAL, DERIVED = ["ORIGINAL", "PRIMARY", "M"], ["DERIVED", "SECONDARY", "OTHER"]


def frame(**elements: object) -> Frame:
    one = header(SOPInstanceUID="1.2", ImagePositionPatient=[0, 0, 0], **elements)
    finish(one, np.zeros((6, 8)))
    stream = BytesIO()
    one.save_as(stream, enforce_file_format=True)
    (found,) = read(stream.getvalue(), "a.dcm").frames
    return found


def kinds(**elements: object) -> list[Sequence]:
    return [group.sequence for group in recognize([frame(**elements)], Mapping()).groups]


@pytest.mark.parametrize(
    ("elements", "sequence"),
    [
        ({"series": "t1_dyn_PE=RL"}, Sequence.DCE),
        ({"series": "dyn ser 1"}, Sequence.DCE),
        ({"series": "dyn PE AP"}, Sequence.DCE),
        ({"series": "T1 FA 12"}, Sequence.DCE),
        ({"series": "t2_tse_massive"} | SPIN_ECHO, Sequence.T2),
        ({"series": "dyn PE map"}, Sequence.PE_MAP),
        ({"series": "DWI_for_ADC", "DiffusionBValue": 800.0} | SPIN_ECHO, Sequence.DWI),
        ({"series": "dwi TRACEW", "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"],
          "DiffusionBValue": 800.0} | SPIN_ECHO, Sequence.DWI),
        ({"series": "t2", "ImageType": DERIVED, "LossyImageCompression": "01"} | SPIN_ECHO, Sequence.T2),
        ({"series": "t2", "ImageType": DERIVED, "DerivationDescription": "De-identified"} | SPIN_ECHO, Sequence.T2),
    ],
)  # fmt: skip
def test_what_was_acquired(elements: dict[str, object], sequence: Sequence) -> None:
    assert kinds(**elements) == [sequence]


@pytest.mark.parametrize(
    "elements",
    [
        {"series": "Synthetic DWI b1500", "DiffusionBValue": 1500.0},
        {"series": "cDWI b2000", "DiffusionBValue": 2000.0},
        {"series": "ep2d_diff_CALC_BVAL", "DiffusionBValue": 1400.0},
        {"series": "computed b 1500", "DiffusionBValue": 1500.0},
        {"series": "dwi", "DiffusionBValue": 1500.0, "DerivationDescription": "Extrapolated from b 0 and 800"},
        {"series": "dwi", "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "FA"]},
        {"series": "DWI_dir80_PA_FA", "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "FA"]},
        {"series": "DTI_FA"},
        {"series": "t2 smoothed", "ImageType": DERIVED},
        {"series": "t2*_map_echo"},
    ],
)
def test_what_was_not(elements: dict[str, object]) -> None:
    assert kinds(**(SPIN_ECHO | elements)) == []


def test_it_is_said_and_the_site_may_say_otherwise() -> None:
    filtered = frame(series="dyn filtered", ImageType=DERIVED)
    found = recognize([filtered], Mapping())
    assert not found.groups
    assert r"looks like dce but is derived from other images (DERIVED\SECONDARY\OTHER)" in found.notes[0]
    declared = Mapping.model_validate({"series": [{"description": "^dyn filtered$", "sequence": "dce"}]})
    assert recognize([filtered], declared).groups[0].sequence is Sequence.DCE


def test_rules_by_number_and_by_patient() -> None:
    first, second = frame(series="dwi", number=7), replace(frame(series="dwi", number=17), series="other")
    rules = {"series": [{"description": "dwi", "number": 17, "sequence": "ignore"},
                        {"description": "dwi", "sequence": "t2"}]}  # fmt: skip
    for mapping in (rules, {"patients": {"P1": rules}}):
        found = recognize([first, second], Mapping.model_validate(mapping), "P1").groups
        assert [group.example.series_number for group in found] == [7]
