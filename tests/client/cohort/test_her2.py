"""HER2 status: every case of ASCO/CAP 2018 and ESMO 2023, and the real table of TCGA."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.cohort.her2 import Her2Status, Raw, by_status, her2_status
from shared.sections.question import READY_MADE

NULL, ULTRALOW, ZERO, LOW = Her2Status.NULL, Her2Status.ULTRALOW, Her2Status.ZERO, Her2Status.LOW
POSITIVE, INDETERMINATE = Her2Status.POSITIVE, Her2Status.INDETERMINATE
CONTRADICTORY, MISSING, UNREADABLE = Her2Status.CONTRADICTORY, Her2Status.MISSING, Her2Status.UNREADABLE


@pytest.mark.parametrize(
    ("ihc", "status"),
    [
        ("0", ZERO),
        ("null", NULL),
        ("ultralow", ULTRALOW),
        ("1+", LOW),
        ("2+", INDETERMINATE),
        ("3+", POSITIVE),
    ],
)
def test_ihc_alone(ihc: str, status: Her2Status) -> None:
    assert her2_status(ihc) is status


@pytest.mark.parametrize(
    ("ihc", "negative", "equivocal", "positive"),
    [
        ("0", ZERO, ZERO, CONTRADICTORY),
        ("1+", LOW, LOW, CONTRADICTORY),
        ("2+", LOW, INDETERMINATE, POSITIVE),
        ("3+", CONTRADICTORY, POSITIVE, POSITIVE),
    ],
)
def test_ihc_with_stated_ish(ihc: str, negative: Her2Status, equivocal: Her2Status, positive: Her2Status) -> None:
    assert her2_status(ihc, "negative") is negative
    assert her2_status(ihc, "equivocal") is equivocal
    assert her2_status(ihc, "positive") is positive
    # single probe, copies per cell: < 4 negative, >= 6 positive, between them indeterminate
    assert her2_status(ihc, copies=3.9) is negative
    assert her2_status(ihc, copies=4.0) is equivocal
    assert her2_status(ihc, copies=5.9) is equivocal
    assert her2_status(ihc, copies=6.0) is positive


@pytest.mark.parametrize(
    ("group", "ratio", "copies", "with_1", "with_2", "with_3"),
    [
        (1, 2.0, 4.0, CONTRADICTORY, POSITIVE, POSITIVE),
        (2, 2.0, 3.9, LOW, LOW, POSITIVE),
        (3, 1.9, 6.0, LOW, POSITIVE, POSITIVE),
        (4, 1.9, 4.0, LOW, LOW, POSITIVE),
        (4, 1.9, 5.9, LOW, LOW, POSITIVE),
        (5, 1.9, 3.9, LOW, LOW, CONTRADICTORY),
    ],
)
def test_dual_probe_groups(
    group: int, ratio: float, copies: float, with_1: Her2Status, with_2: Her2Status, with_3: Her2Status
) -> None:
    for ihc, status in (("1+", with_1), ("2+", with_2), ("3+", with_3)):
        assert her2_status(ihc, ratio=ratio, copies=copies) is status
        assert her2_status(ihc, group=group) is status
        assert her2_status(ihc, group=float(group)) is status
        assert her2_status(ihc, f"group {group}") is status


@pytest.mark.parametrize(
    ("cells", "status", "why"),
    [
        (("2+", None, 1.5, None), INDETERMINATE, "ratio < 2 leaves group 3 (positive) and groups 4, 5"),
        (("2+", None, 2.5, None), INDETERMINATE, "ratio >= 2 leaves group 1 (positive) and group 2"),
        (("1+", None, 1.5, None), LOW, "groups 3, 4 and 5 are all negative with 1+"),
        (("3+", None, 2.5, None), POSITIVE, "groups 1 and 2 are both positive with 3+"),
        (("2+", "negative", 1.5, None), LOW, "the laboratory's reading settles what the ratio leaves"),
        (("2+", "negative", 2.5, 7.0), CONTRADICTORY, "group 1 is positive"),
        (("2+", "group 3", 2.5, None), CONTRADICTORY, "group 3 has a ratio under 2"),
        (("2+", "group 1", None, 3.0), CONTRADICTORY, "group 1 has at least 4 copies"),
        (("2+", None, "<2", "<4.0"), LOW, "group 5"),
        (("2+", None, "<=2", 3.0), LOW, "groups 2 and 5, both negative with 2+"),
        (("2+", None, None, "<=4"), INDETERMINATE, "4 copies are indeterminate"),
        (("2+", None, None, ">6"), POSITIVE, "single probe, at least 6"),
        (("2+", None, None, "<6"), INDETERMINATE, "single probe, over or under 4"),
        (("2+", None, "1,5", "3,0"), LOW, "decimal comma"),
    ],
)
def test_what_is_left_open(cells: tuple[Raw, ...], status: Her2Status, why: str) -> None:
    assert her2_status(*cells) is status, why


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ((None,), MISSING),
        (("[Not Available]", "positive"), MISSING),
        ((float("nan"),), MISSING),
        ((1.0,), LOW),
        ((" 1+ ",), LOW),
        (("4+",), UNREADABLE),
        (("weak",), UNREADABLE),
        (("2+", "maybe"), UNREADABLE),
        (("2+", None, "high", 3.0), UNREADABLE),
    ],
)
def test_cells_as_hospitals_write_them(cells: tuple[Raw, ...], status: Her2Status) -> None:
    assert her2_status(*cells) is status


SPELLINGS = {
    POSITIVE: (
        *("positive", "Pos.", "+", "(+)", "FISH+", "FISH positive", "ISH pos", "Amplified", "HER2 amplified"),
        *("positive (amplified)", "Positive for amplification", "CISH: positive", "HER2/neu amplified by FISH"),
        *("DDISH Positive", "amplifiziert", "amplifié", "amplificado", "阳性", "有扩增", "HER-2 FISH positive"),
    ),
    LOW: (
        *("negative", "neg.", "-", "(-)", "–", "FISH-", "FISH (-)", "FISH negative", "ISH neg", "ish: NEG"),
        *("non amplified", "Non-amplified", "non_amplified", "nonamplified", "Not amplified", "not-amplified"),
        *("unamplified", "no amplification", "Amplification not detected", "negative (not amplified)"),
        *("HER2 not amplified by FISH", "nicht amplifiziert", "non amplifié", "no amplificado", "阴性", "无扩增"),
    ),
    INDETERMINATE: (
        *("equivocal", "FISH equivocal", "borderline", "inconclusive", "grenzwertig"),
        *("n/a", "N.A.", "not done", "[Not Evaluated]", "pending", "/", "?", "nicht durchgeführt", "未做", None),
    ),
    # SEER's codes of HER2 ISH are 0, 2 and 3, others' 1 and 2: numbers are groups only where the column says so
    UNREADABLE: ("0", "1", "2", 1, 2.0, "3", "9", "maybe", "positive?", "not positive", "amplified / not amplified"),
}


@pytest.mark.parametrize(("status", "cell"), [(status, cell) for status, cells in SPELLINGS.items() for cell in cells])
def test_ish_as_pathology_writes_it(status: Her2Status, cell: Raw) -> None:
    assert her2_status("2+", cell) is status


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        *((cell, ZERO) for cell in ("0", 0, 0.0, "0+", "Score 0", "HER2 0", "negative (0)", "IHC: 0", "zero")),
        *((cell, NULL) for cell in ("null", "0 (null)", "no staining", "0, no staining")),
        *((cell, ULTRALOW) for cell in ("ultralow", "ultra-low", "0 ultralow", "HER2-ultralow")),
        *((cell, LOW) for cell in ("1+", "+1", "1 +", "(1+)", "IHC 1+", "1+ negative", "HER2-low (1+)")),
        *((cell, INDETERMINATE) for cell in ("2+", "++", "(2+)", "HER2 2+", "2+ (equivocal)", "Score: 2+")),
        *((cell, POSITIVE) for cell in ("3+", "+++", "3+ POSITIVE", "positive (3+)", "HER2/neu 3+ by IHC", "３＋")),
        *((cell, MISSING) for cell in ("", "-", "n.a.", "[Not Available]", "not done", "unknown")),
        *((cell, UNREADABLE) for cell in ("+", "HER2+", "positive", "negative", "0-1+", "1+/2+", "3+ negative")),
        *((cell, UNREADABLE) for cell in ("-1", "1.5", "4+", "9", "99", "30%", "2+ positive")),
    ],
)
def test_ihc_as_pathology_writes_it(cell: Raw, status: Her2Status) -> None:
    assert her2_status(cell) is status


@pytest.mark.parametrize("number", [99, 999, "88", "99.9", "132", 0, "0.0", -9, "1e3"])
def test_copies_and_ratios_that_nobody_measures_are_unreadable(number: Raw) -> None:
    assert her2_status("2+", None, number, 3.0) is UNREADABLE
    assert her2_status("2+", None, None, number) is UNREADABLE
    assert her2_status("1+", "negative", number, 3.0) is UNREADABLE, "whatever else is known"


def test_patients_are_named_under_each_status() -> None:
    statuses = {"b": LOW, "a": LOW, "c": CONTRADICTORY}
    assert by_status(statuses) == {LOW: ("a", "b"), CONTRADICTORY: ("c",)}


def test_every_settled_status_has_a_class_in_the_three_class_endpoint() -> None:
    classes = READY_MADE["her2-three-classes"].model_dump()["classes"]
    named = {value for one in classes for value in one["values"]}
    assert named == {status.value for status in Her2Status if status.settled}


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=6), st.text(max_size=6))
@pytest.mark.slow
def test_no_text_is_a_traceback(ihc: str, ish: str, ratio: str, copies: str) -> None:
    assert her2_status(ihc, ish, ratio, copies) in Her2Status


@pytest.mark.real
def test_tcga(real_data: Callable[[str], Path]) -> None:
    table = pd.read_csv(real_data("tcga_her2") / "clinical.csv", dtype=str)
    stated = Counter(map(her2_status, table["her2_ihc_score"], table["her2_fish_status"]))
    # counted by hand from the cross-table: 2+ is 76 FISH negative and 20 positive, 3+ never FISH negative
    assert stated == {ZERO: 31, LOW: 125 + 76, POSITIVE: 37 + 20, MISSING: 239}

    measured = {
        patient: her2_status(*cells)
        for patient, *cells in table[
            [
                "bcr_patient_barcode",
                "her2_ihc_score",
                "her2_fish_status",
                "her2_cent17_ratio",
                "her2_copy_number",
            ]
        ].itertuples(index=False)
    }
    found = by_status(measured)
    # 2+, FISH negative, but 79 and 59 in the column of copies: the signals of all counted cells, not per cell
    assert found[CONTRADICTORY] == ("TCGA-LL-A440", "TCGA-S3-AA11")
    # "not amplified" stands where the number of copies belongs, or 132, 269, 816 and the like: of all counted cells
    implausible = ("TCGA-A2-A1G1", "TCGA-A2-A259", "TCGA-AO-A0J9", "TCGA-AO-A0JE")
    not_amplified = ("TCGA-D8-A1JB", "TCGA-D8-A1JG", "TCGA-D8-A1XV", "TCGA-D8-A27R")
    assert found[UNREADABLE] == tuple(sorted(not_amplified + implausible))
    assert sum(len(patients) for patients in found.values()) == 528
