"""What a person sees of a check: 80 columns, no control characters, equal lines once."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from client.imaging.ingest.index import Fault, folded
from client.quality.check import SiteCheck
from client.quality.check_patient import PatientCheck, Problem
from client.quality.check_text import words
from shared.errors import Code, printable


def shown(found: SiteCheck) -> str:
    stream = StringIO()
    Console(file=stream, width=80, color_system=None).print(words(found), soft_wrap=False)
    return stream.getvalue()


def patient(name: str, **found: object) -> PatientCheck:
    one = PatientCheck(name, examined="20240108", scanner="ACME One 3 T", sequences=("dce",), mask_ml=6.948)
    one.centre_mm, one.lesion, one.label = (-1.2, 20.6, -130.4), "tumour_mask", "zero"
    for key, value in found.items():
        setattr(one, key, value)
    return one


def test_eighty_columns_hold() -> None:
    patients = (
        patient("P1"),
        patient("a-very-long-identifier-as-anonymizers-make-them-0000000000000001", lesion="lesion " * 12),
        patient("P3", label="HER2-positive", problems=[Problem(Code.DATA_MISSING, "word " * 60)]),
        patient("P4", b_values=tuple(range(0, 4000, 100)), timing_assumed=True, timing="declared by the site"),
    )
    faults = tuple(
        Fault(f"folder/{'x' * 90}/{number}.dcm", "is truncated; export it again", "P1") for number in range(3)
    )
    text = shown(SiteCheck(patients, ("P9",), faults, {"not DICOM": 12, "secondary capture": 3}))
    assert max(map(len, text.splitlines())) <= 80
    assert "-1 21 -130" in text
    assert "6.95" in text


def test_control_characters_are_written_out() -> None:
    escape = patient("P\x1b[31m1", lesion="GTV\x07", scanner="AC\u202eME", label="z\x9b1m", notes=["note \x1b]0;x\x07"])
    escape.problems.append(Problem(Code.DATA_MISSING, printable("patient P\x1b[31m1: no mask")))
    fault = Fault("a\x1b[2J.dcm", "is empty", "P\x1b[31m1")
    text = shown(SiteCheck((escape,), ("Q\x1b1",), (fault,), {}))
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "\\x1b[31m1" in text.replace("\n", "")
    assert "• no mask" in text, "the patient is named once"


@pytest.mark.parametrize("text", ["P\x1b[31m1", "\x9b31m", "\x00", "a\u202eb", "\udcff", "\u200b"])
def test_printable_leaves_no_control_character(text: str) -> None:
    found = printable(text)
    assert found.isprintable()
    assert "\\" in found


def test_printable_leaves_text_alone() -> None:
    assert printable("Läsion 肿瘤\nzweite Zeile") == "Läsion 肿瘤\nzweite Zeile"


def test_sixty_equal_lines_are_one_with_a_count() -> None:
    faults = [Fault(f"P1/{number:04d}.dcm", "is empty (0 bytes); export it again", "P1") for number in range(60)]
    other = Fault("P2/1.dcm", "is empty (0 bytes); export it again", "P2")
    assert folded([*faults, other]) == [
        "patient P1: 60 files, each of which is empty (0 bytes); export it again (the first: P1/0000.dcm)",
        "patient P2: P2/1.dcm is empty (0 bytes); export it again",
    ]


def test_who_is_taken_as_not_treated_is_said(tmp_path: Path) -> None:
    text = shown(SiteCheck((patient("P1"),), (), (), {}, untreated=("P1",)))
    assert "taken as not treated before the examination" in " ".join(text.split())
