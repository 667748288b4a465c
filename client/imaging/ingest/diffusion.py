"""The diffusion-weighted series: its images by b-value, on one grid."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from client.imaging.ingest.frame import Frame
from client.imaging.ingest.recognize import Group
from client.imaging.ingest.stack import Stack, depth_mm, stack
from shared.errors import Code, MrfedError

_SAME_PLACE_DIGITS = 1


@dataclass(frozen=True)
class DiffusionSeries:
    """Images by ascending b-value; several at one b-value are directions or repetitions."""

    b_values: tuple[float, ...]
    """s/mm², distinct, ascending."""
    stacks: tuple[tuple[Stack, ...], ...]
    """For each b-value."""

    @property
    def example(self) -> Frame:
        """A frame, for what all share."""
        return self.stacks[0][0].frames[0]


def diffusion_series(groups: Sequence[Group], where: str) -> DiffusionSeries:
    """Assemble the diffusion-weighted series from diffusion-weighted groups.

    Parameters
    ----------
    groups : those recognized as DWI; one series may hold all b-values, or each its own
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_MISSING) without two b-values; (DATA_INCONSISTENT) where slices are missing, or two
    sets on different grids have equally many b-values.
    """
    sets: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for group in groups:
        for frame in group.frames:
            if frame.b_value is not None:
                sets[same_grid(frame)].append(frame)
    candidates = sorted(sets.values(), key=_distinct, reverse=True)
    if not candidates or _distinct(candidates[0]) < 2:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{where}: no diffusion-weighted series with at least two b-values; export all of them",
        )
    if len(candidates) > 1 and _distinct(candidates[1]) == _distinct(candidates[0]):
        both = " and ".join(sorted({one[0].description or "without name" for one in candidates[:2]}))
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: two diffusion-weighted series with equally many b-values ({both}); "
            "name the one to use in the mapping file and let it ignore the other",
        )
    by_b: dict[float, list[Frame]] = defaultdict(list)
    for frame in candidates[0]:
        assert frame.b_value is not None
        by_b[frame.b_value].append(frame)
    places = {round(depth_mm(frame), _SAME_PLACE_DIGITS) for frame in candidates[0]}
    b_values = tuple(sorted(by_b))
    return DiffusionSeries(b_values, tuple(_repeats(by_b[b], len(places), b, where) for b in b_values))


def _distinct(frames: Sequence[Frame]) -> int:
    return len({frame.b_value for frame in frames})


def same_grid(frame: Frame) -> tuple[object, ...]:
    """What frames of one grid and echo have in common, rounded."""
    orientation = tuple(round(one, 2) + 0.0 for one in frame.orientation or ())
    spacing = tuple(round(one or 0, 2) for one in (frame.row_spacing_mm, frame.column_spacing_mm))
    echo = None if frame.te_ms is None else round(frame.te_ms, 1)
    return frame.rows, frame.columns, orientation, spacing, echo


def _repeats(frames: Sequence[Frame], places: int, b_value: float, where: str) -> tuple[Stack, ...]:
    """Volumes of one b-value: the n-th image at every place makes the n-th volume."""
    at: dict[float, list[Frame]] = defaultdict(list)
    for frame in frames:
        at[round(depth_mm(frame), _SAME_PLACE_DIGITS)].append(frame)
    counts = Counter(map(len, at.values()))
    if len(at) != places or len(counts) != 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: b = {b_value:g} has {len(frames)} images at {len(at)} of {places} places; "
            "export the whole series",
        )
    in_order = [sorted(found, key=lambda frame: (frame.instance_number or 0, frame.index)) for found in at.values()]
    return tuple(stack([found[rank] for found in in_order]) for rank in range(next(iter(counts))))
