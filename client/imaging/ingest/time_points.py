"""Frames of several time points taken apart, by what the headers say about time or by position."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from client.imaging.ingest.attribute import DAY_S
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.stack import depth_mm
from shared.errors import Code, MrfedError

_CLOCKS: tuple[Callable[[Frame], float | None], ...] = (
    lambda frame: frame.temporal_index,
    lambda frame: frame.temporal_offset_s,
    lambda frame: frame.trigger_ms,
    lambda frame: frame.centre_s,
    lambda frame: frame.acquired_s,
    lambda frame: frame.acquisition_number,
    lambda frame: frame.content_s,
)
"""What may tell time points apart, the surest first."""


def over_midnight(frames: Sequence[Frame]) -> list[Frame]:
    """Frames whose times follow one another where midnight passed and no date says so.

    Only where times of one series lie more than half a day apart: those of the morning are then of the next day.
    """
    return [_next_day(frame, frames) for frame in frames]


def _next_day(frame: Frame, frames: Sequence[Frame]) -> Frame:
    changes = {}
    for name in ("acquired_s", "centre_s", "content_s"):
        latest = max((time for member in frames if (time := getattr(member, name)) is not None), default=None)
        own = getattr(frame, name)
        if own is not None and latest - own > DAY_S / 2:
            changes[name] = own + DAY_S
    return replace(frame, **changes) if changes else frame


def split(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Frames of a series by time point, in order of time.

    A clock is believed if it puts no two frames of one time point at the same place and leaves as few time
    points as there are frames at a place. Where none does (each slice has its own time, or none), the
    frames at each place are counted off in order of their instance numbers.

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where time points cannot be told apart.
    """
    places: dict[float, list[Frame]] = defaultdict(list)
    depths = {(frame.instance, frame.index): round(depth_mm(frame), 2) for frame in frames}
    for frame in frames:
        places[depths[frame.instance, frame.index]].append(frame)
    count = max(map(len, places.values()))
    if count == 1:
        return [list(frames)]
    for clock in _CLOCKS:
        parts: dict[float, list[Frame]] = defaultdict(list)
        for frame in frames:
            time = clock(frame)
            if time is not None:
                parts[time].append(frame)
        unique = all(
            len({depths[frame.instance, frame.index] for frame in part}) == len(part) for part in parts.values()
        )
        if unique and len(parts) == count and sum(map(len, parts.values())) == len(frames):
            return [parts[time] for time in sorted(parts)]
    return _counted_off(places, frames[0])


def _counted_off(places: dict[float, list[Frame]], example: Frame) -> list[list[Frame]]:
    counts = Counter(map(len, places.values()))
    usual = max(counts, key=lambda count: (counts[count], count))
    for depth, images in sorted(places.items()):
        if len(images) != usual:
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"patient {example.patient}: series {example.series_number} ({example.description}) has {usual} "
                f"images at most places but {len(images)} at {depth:g} mm, and no time that tells its phases apart; "
                "export the whole series, or remove duplicates",
            )
    in_order = [
        sorted(images, key=lambda frame: (frame.acquired_s or 0, frame.instance_number or 0, frame.index))
        for _, images in sorted(places.items())
    ]
    return [[images[rank] for images in in_order] for rank in range(usual)]
