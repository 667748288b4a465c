"""Seconds after injection of each phase: from the tags, in every dialect, or declared and marked so."""

import struct
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from pydicom.dataset import FileDataset

from client.imaging.ingest.frame import Frame
from client.imaging.ingest.header import read
from client.imaging.ingest.timing import Declared, timing
from client.imaging.ingest.vendor_duration import vendor_duration_s
from tests.exports import finish, header

NOTHING = Declared()


def phase(**elements: object) -> list[Frame]:
    dataset: FileDataset = header(SOPInstanceUID="1.2", ImagePositionPatient=[0, 0, 0], **elements)
    finish(dataset, np.zeros((6, 8)))
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return list(read(stream.getvalue(), "a.dcm").frames)


BOLUS = {"ContrastBolusStartTime": "100110"}


def test_acquisition_time_of_each_phase() -> None:
    phases = [phase(AcquisitionTime=clock, **BOLUS) for clock in ("100000", "100120", "100220")]
    computed = timing(phases, NOTHING)
    # phases last 60 s, the shortest step, so their centres lie 30 s after their starts
    assert computed.seconds == (-40, 40, 100)
    assert not computed.assumed


def test_stated_duration_gives_the_centre() -> None:
    phases = [phase(AcquisitionTime=clock, AcquisitionDuration=40.0, **BOLUS) for clock in ("100000", "100120")]
    assert timing(phases, NOTHING).seconds == (-50, 30)


def test_a_duration_of_the_whole_series_is_not_that_of_a_phase() -> None:
    phases = [phase(AcquisitionTime=clock, AcquisitionDuration=400.0, **BOLUS) for clock in ("100000", "100120")]
    assert timing(phases, NOTHING).seconds == (-70 + 40, 10 + 40)


def test_ge_states_trigger_time_after_the_series_start() -> None:
    phases = [phase(AcquisitionTime="100000", TriggerTime=ms, **BOLUS) for ms in (0, 80_000, 140_000)]
    assert timing(phases, NOTHING).seconds == (-40, 40, 100)


def test_offset_after_the_series_start() -> None:
    phases = [phase(AcquisitionTime="100000", TemporalPositionTimeOffset=s, **BOLUS) for s in (0.0, 80.0)]
    assert timing(phases, NOTHING).seconds == (-70 + 40, 10 + 40)


def test_the_representative_moment_is_the_centre() -> None:
    frames = [
        [replace(phase(AcquisitionTime="100000")[0], centre_s=centre, injection_s=1000.0)] for centre in (990.0, 1095.0)
    ]
    assert timing(frames, NOTHING).seconds == (-10, 95)


def test_over_midnight() -> None:
    days = ({"AcquisitionDate": "20240108"}, {"AcquisitionDate": "20240109"})
    phases = [
        phase(AcquisitionTime=clock, ContrastBolusStartTime="235930", **day)
        for clock, day in zip(("235900", "000000"), days, strict=True)
    ]
    assert timing(phases, NOTHING).seconds == (0, 60)


@pytest.mark.parametrize(
    ("elements", "source"),
    [
        ({}, "no time of acquisition is stated"),
        ({"AcquisitionTime": "100000"}, "no time of acquisition is stated"),  # the same for all phases
    ],
)
def test_without_times_nothing_is_guessed(elements: dict[str, object], source: str) -> None:
    computed = timing([phase(**elements), phase(**elements)], NOTHING)
    assert computed.seconds is None
    assert computed.source == source


def test_without_injection_nothing_is_guessed() -> None:
    computed = timing([phase(AcquisitionTime="100000"), phase(AcquisitionTime="100120")], NOTHING)
    assert computed.seconds is None
    assert "not when contrast was injected" in computed.source


def test_content_time_is_not_the_time_of_acquisition() -> None:
    phases = [phase(ContentTime=clock, **BOLUS) for clock in ("100000", "100120")]
    assert timing(phases, NOTHING).seconds is None
    computed = timing(phases, Declared(injection_after_start_s=70))
    assert computed.seconds == (-30, 50)
    assert computed.assumed


def test_what_the_site_declares_is_marked_assumed() -> None:
    phases = [phase(AcquisitionTime="100000", **BOLUS), phase(AcquisitionTime="100120", **BOLUS)]
    computed = timing(phases, Declared(seconds_after_injection=(-230, 177)))
    assert computed.seconds == (-230, 177)
    assert computed.assumed


def test_a_declaration_for_another_number_of_phases_is_not_used() -> None:
    phases = [phase(AcquisitionTime="100000"), phase(AcquisitionTime="100120")]
    found = timing(phases, Declared(seconds_after_injection=(-230, 177, 531)))
    assert found.seconds is None
    assert "3 phases, 2 are there" in found.source


@pytest.mark.parametrize(
    ("maker", "creator", "tag", "element", "seconds"),
    [
        ("GE MEDICAL SYSTEMS", "GEMS_ACQU_01", 0x0019105A, ("FL", 58_500_000.0), 58.5),
        ("GE MEDICAL SYSTEMS", "GEMS_ACQU_01", 0x0019105A, ("UN", struct.pack("<f", 58_500_000.0)), 58.5),
        ("SIEMENS", "SIEMENS MR HEADER", 0x0051100A, ("LO", "TA 58.50"), 58.5),
        ("SIEMENS", "SIEMENS MR HEADER", 0x0051100A, ("LO", "TA 01:30"), 90),
    ],
)
def test_vendors_state_durations_of_their_own(
    maker: str, creator: str, tag: int, element: tuple[str, object], seconds: float
) -> None:
    one: FileDataset = header(SOPInstanceUID="1.2", ImagePositionPatient=[0, 0, 0], Manufacturer=maker)
    one.add_new((tag >> 16 << 16) | 0x10, "LO", creator)
    one.add_new(tag, *element)
    assert vendor_duration_s(one) == pytest.approx(seconds)
