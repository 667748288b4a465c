"""The dynamic contrast-enhanced series: its phases found, in order, on one grid, with their times."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from client.imaging.ingest.comparable import require_one_scale
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.recognize import Group
from client.imaging.ingest.stack import Stack, depth_mm, stack
from client.imaging.ingest.time_points import over_midnight, split
from client.imaging.ingest.timing import Declared, Timing, timing
from shared.errors import Code, MrfedError


@dataclass(frozen=True)
class DynamicSeries:
    """Phases in order of time, all on the same grid."""

    phases: tuple[Stack, ...]
    timing: Timing
    notes: tuple[str, ...] = ()
    """What was left out."""

    @property
    def example(self) -> Frame:
        """A frame, for what all share: repetition time, flip angle, scanner."""
        return self.phases[0].frames[0]

    def seconds(self, where: str) -> tuple[float, ...]:
        """Seconds of each phase after the injection.

        Raises
        ------
        MrfedError (DATA_MISSING) where neither the DICOM nor the site says them.
        """
        if self.timing.seconds is None:
            raise MrfedError(
                Code.DATA_MISSING,
                f"{where}: phases cannot be told early from late: {self.timing.source}; "
                "declare timing in the mapping file (timing)",
            )
        return self.timing.seconds


def dynamic_series(groups: Sequence[Group], declared: Declared, where: str) -> DynamicSeries:
    """Assemble the dynamic series from T1-weighted groups.

    Groups with the same grid and the same contrast belong together, be it one series with all phases or one
    for each. The set with the most phases is the dynamic series.

    Parameters
    ----------
    groups : those recognized as DCE
    declared : timing that the site declares
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_MISSING) without at least two phases; (DATA_INCONSISTENT) where a phase lacks slices,
    or two sets have equally many phases.
    """
    frames = [over_midnight(group.frames) for group in groups]
    candidates = sorted(_sets([phase for group in frames for phase in split(group)]), key=len, reverse=True)
    candidates, notes = _each_once(candidates)
    if not candidates or len(candidates[0]) < 2:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{where}: no dynamic series with at least two phases; export it, or name it in the mapping file (series)",
        )
    phases = candidates[0]
    if len(candidates) > 1 and len(candidates[1]) == len(phases):
        both = " and ".join(sorted({candidate[0][0].description or "without name" for candidate in candidates[:2]}))
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: two dynamic series with {len(phases)} phases each ({both}); "
            "name the one to use in the mapping file and let it ignore the other (series)",
        )
    phases = sorted(phases, key=_moment)
    _complete(phases, where)
    require_one_scale([frame for phase in phases for frame in phase], "dynamic", where)
    stacks = tuple(stack(phase) for phase in phases)
    return DynamicSeries(stacks, timing(phases, declared), tuple(notes))


def _each_once(candidates: list[list[list[Frame]]]) -> tuple[list[list[list[Frame]]], list[str]]:
    """Phases without those that were exported twice, under other identifiers but of the same moment."""
    unrepeated, notes = [], []
    for phases in candidates:
        by_moment: dict[tuple[object, ...], list[list[Frame]]] = defaultdict(list)
        for phase in phases:
            by_moment[_moment_of_export(phase)].append(phase)
        once = [min(copies, key=_first_number) for copies in by_moment.values()]
        if len(once) < len(phases) and len(once) > 1 and all(_states_time(phase) for phase in phases):
            copies = len(phases) - len(once)
            notes.append(f"{copies} dynamic phases are there twice, with other identifiers but of the same moment; "
                         "each is used once")  # fmt: skip
            unrepeated.append(once)
        else:
            unrepeated.append(phases)
    return sorted(unrepeated, key=len, reverse=True), notes


def _moment_of_export(phase: Sequence[Frame]) -> tuple[object, ...]:
    """When and as what a phase was acquired: equal for a phase and its copy."""
    first = min(phase, key=depth_mm)
    clocks = (first.centre_s, first.acquired_s, first.trigger_ms, first.temporal_offset_s, first.temporal_index)
    return *clocks, first.content_s, first.instance_number, first.description, len(phase)


def _first_number(phase: Sequence[Frame]) -> tuple[object, ...]:
    return phase[0].series_number or 0, phase[0].series, phase[0].instance


def _states_time(phase: Sequence[Frame]) -> bool:
    frame = phase[0]
    return any(time is not None for time in (frame.centre_s, frame.acquired_s, frame.content_s))


def _sets(phases: Sequence[list[Frame]]) -> list[list[list[Frame]]]:
    """Phases that share grid and contrast and overlap: the two breasts of a sagittal examination do not."""
    sets: dict[tuple[object, ...], list[tuple[set[float], list[list[Frame]]]]] = defaultdict(list)
    for phase in phases:
        depths = _depths(phase)
        same_grid = sets[_grid(phase)]
        overlapping = next((depth_set for depth_set in same_grid if depth_set[0] & depths), None)
        if overlapping is None:
            same_grid.append((depths, [phase]))
        else:
            overlapping[0].update(depths)
            overlapping[1].append(phase)
    return [members for same_grid in sets.values() for _, members in same_grid]


def _depths(phase: Sequence[Frame]) -> set[float]:
    return {round(depth_mm(frame), 1) for frame in phase}


def _grid(phase: Sequence[Frame]) -> tuple[object, ...]:
    """Grid and contrast, rounded: what phases of one dynamic series share."""
    example = phase[0]
    assert example.position_mm is not None
    assert example.orientation is not None
    corner = [np.dot(example.position_mm, axis) for axis in (example.orientation[:3], example.orientation[3:])]

    def rounded(values: Sequence[float | None], digits: int) -> tuple[float | None, ...]:
        return tuple(None if value is None else round(value, digits) + 0.0 for value in values)

    return (
        example.rows,
        example.columns,
        rounded(example.orientation, 2),
        rounded((example.row_spacing_mm, example.column_spacing_mm), 2),
        rounded((example.tr_ms, example.te_ms, example.flip_angle_deg), 1),
        rounded([float(coordinate) for coordinate in corner], 0),
    )


def _moment(phase: Sequence[Frame]) -> tuple[float, ...]:
    """Key that orders phases: the first time that is stated, then the series and instance numbers."""

    def earliest(values: Sequence[float | None]) -> float:
        return min((value for value in values if value is not None), default=0.0)

    return (
        earliest([frame.centre_s for frame in phase]),
        earliest([frame.acquired_s for frame in phase]),
        earliest([frame.trigger_ms for frame in phase]),
        earliest([frame.temporal_offset_s for frame in phase]),
        earliest([frame.temporal_index for frame in phase]),
        earliest([frame.content_s for frame in phase]),
        earliest([frame.series_number for frame in phase]),
        earliest([frame.instance_number for frame in phase]),
    )


def _complete(phases: Sequence[Sequence[Frame]], where: str) -> None:
    depths = [_depths(phase) for phase in phases]
    everywhere = set().union(*depths)
    for index, present in enumerate(depths):
        if missing := sorted(everywhere - present):
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{where}: phase {index + 1} of {len(phases)} lacks {len(missing)} of {len(everywhere)} "
                f"slices (first at {missing[0]:g} mm); export the whole series",
            )
