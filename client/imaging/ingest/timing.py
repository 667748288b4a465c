"""When each dynamic phase was taken, in seconds after the injection, and who says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from client.imaging.ingest.attribute import DAY_S
from client.imaging.ingest.frame import Frame


@dataclass(frozen=True)
class Timing:
    """Centre of k-space of each phase relative to the injection.

    Parameters
    ----------
    seconds : (n_phases) zero or less is before contrast; None where neither the DICOM nor the site says
    assumed : the site declared it, or part of it
    source : in words, for `check` and the report
    """

    seconds: tuple[float, ...] | None
    assumed: bool
    source: str


@dataclass(frozen=True)
class Declared:
    """What the site declares where its DICOM does not say.

    Parameters
    ----------
    seconds_after_injection : of each phase; wins over everything
    injection_after_start_s : from the start of the first phase to the injection, where the phases' own
        times are stated but the injection's is not
    """

    seconds_after_injection: tuple[float, ...] | None = None
    injection_after_start_s: float | None = None


def timing(phases: Sequence[Sequence[Frame]], declared: Declared) -> Timing:
    """Seconds after injection of each phase.

    The centre of k-space is taken as the middle of the acquisition (Cartesian, linear order) unless the
    header gives the representative moment itself. A phase lasts as long as the header says, or else as the
    shortest step between phases.

    Parameters
    ----------
    phases : frames of each phase, in order
    declared : by the site, in its mapping file
    """
    if declared.seconds_after_injection is not None:
        if len(declared.seconds_after_injection) == len(phases):
            return Timing(declared.seconds_after_injection, True, "declared by the site")
        return Timing(
            None,
            True,
            f"the site declared {len(declared.seconds_after_injection)} phases, {len(phases)} are there",
        )
    centres, source = _centres(phases)
    if centres is None:
        return Timing(None, False, "no time of acquisition is stated")
    injection_s = next(
        (frame.injection_s for phase in phases for frame in phase if frame.injection_s is not None), None
    )
    if injection_s is not None and source != "content time":
        seconds = _on_one_day([centre - injection_s for centre in centres])
        return Timing(tuple(seconds), False, f"{source} and start of the bolus")
    if declared.injection_after_start_s is not None:
        start = centres[0] - _duration(phases, centres) / 2
        seconds = [centre - start - declared.injection_after_start_s for centre in centres]
        return Timing(tuple(seconds), True, f"{source}; injection declared by the site")
    return Timing(None, False, f"{source}, but not when contrast was injected")


def _centres(phases: Sequence[Sequence[Frame]]) -> tuple[list[float] | None, str]:
    """Centre of each phase on the clock of the study, and what it was read from."""
    centres = _phase_times(phases, lambda frame: frame.centre_s)
    if centres is not None:
        return centres, "reference time of the frames"
    for clock, source in (
        (lambda frame: frame.acquired_s, "acquisition time"),
        (_from_trigger, "acquisition time and trigger time"),
        (_from_offset, "acquisition time and temporal offset"),
        (lambda frame: frame.content_s, "content time"),
    ):
        starts = _phase_times(phases, clock)
        if starts is not None:
            half = _duration(phases, starts) / 2
            return [start + half for start in starts], source
    return None, ""


def _from_trigger(frame: Frame) -> float | None:
    if frame.acquired_s is None or frame.trigger_ms is None:
        return None
    return frame.acquired_s + frame.trigger_ms / 1000


def _from_offset(frame: Frame) -> float | None:
    if frame.acquired_s is None or frame.temporal_offset_s is None:
        return None
    return frame.acquired_s + frame.temporal_offset_s


def _phase_times(phases: Sequence[Sequence[Frame]], clock: Callable[[Frame], float | None]) -> list[float] | None:
    """Earliest time within each phase; None unless all are stated and follow one another."""
    moments = []
    for phase in phases:
        times = [time for frame in phase if (time := clock(frame)) is not None]
        if not times:
            return None
        moments.append(min(times))
    return moments if all(later > earlier for earlier, later in pairwise(moments)) else None


def _duration(phases: Sequence[Sequence[Frame]], times: Sequence[float]) -> float:
    """How long one phase takes: stated, or the shortest step between phases; 0 for a single phase."""
    stated = [frame.duration_s for phase in phases for frame in phase if frame.duration_s]
    steps = [later - earlier for earlier, later in pairwise(times)]
    shortest = min(steps, default=0.0)
    # A stated duration longer than the step between phases is that of the whole dynamic series.
    return min(stated[0], shortest) if stated and steps else shortest


def _on_one_day(seconds: Sequence[float]) -> list[float]:
    """Differences of times of which one carried a date that the other lacked: brought within half a day."""
    days = round(seconds[0] / DAY_S)
    return [second - days * DAY_S for second in seconds]
