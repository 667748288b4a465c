"""Which diffusion-weighted images belong to one acquisition: others are named, and never averaged into it.

An examination may hold several: on other grids, encoded from the other side to correct distortion, repeated after a
failure (with another gain, which no header states), and the scanner's own combinations of directions beside the
directions themselves.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from client.imaging.ingest.comparable import require_one_scale
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.recognize import Group
from shared.errors import Code, MrfedError

_SENSE = re.compile(r"(?<![a-z])(ap|pa|rl|lr|hf|fh)(?![a-z])")
"""Sense of phase encoding where the scanner does not state it and the technician wrote it down."""
_CORRECTION = re.compile(r"\b(rev\w*|blip\w*|top ?up|pepolar|flipped|fmap|field ?map|distortion|correction)\b")


def chosen_images(groups: Sequence[Group], where: str) -> tuple[list[Frame], list[str]]:
    """Images of the acquisition with the most b-values, and what to tell about the choice.

    Parameters
    ----------
    groups : those recognized as DWI
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_MISSING) without two b-values; (DATA_INCONSISTENT) where two acquisitions have equally many
    b-values, or a b-value was acquired in several series.
    """
    frames = [frame for group in groups for frame in group.frames]
    stated = [frame for frame in frames if frame.b_value is not None]
    sets = sorted(_sets(stated), key=_distinct, reverse=True)
    if not sets or _distinct(sets[0]) < 2:
        raise MrfedError(Code.DATA_MISSING, f"{where}: {_too_few(frames, stated)}")
    if len(sets) > 1 and _distinct(sets[1]) == _distinct(sets[0]):
        both = " and ".join(sorted({images[0].series_name for images in sets[:2]}))
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: two diffusion-weighted series with equally many b-values ({both}); name the one to use in the "
            "mapping file and let it ignore the other (series)",
        )
    chosen = sets[0]
    notes = [_left_out(unchosen, chosen) for unchosen in sets[1:]]
    chosen, without_corrections = _without_corrections(chosen)
    chosen, without_traces = _without_traces(chosen)
    notes += without_corrections + without_traces
    _require_one_series_each(chosen, where)
    require_one_scale(chosen, "diffusion-weighted", where)
    if len({frame.series for frame in chosen}) > 1:
        notes.append(f"diffusion-weighted images of several series are used together ({_series(chosen)})")
    if unstated := [frame for frame in frames if frame.b_value is None]:
        notes.append(
            f"{_series(unstated)}: {len(unstated)} images without a b-value are not used; declare b_values in the "
            "mapping file if they belong to the diffusion-weighted series"
        )
    return chosen, notes


def same_grid(frame: Frame) -> tuple[object, ...]:
    """What frames of one grid and echo have in common, rounded."""
    orientation = tuple(round(cosine, 2) + 0.0 for cosine in frame.orientation or ())
    spacing = tuple(round(mm or 0, 2) for mm in (frame.row_spacing_mm, frame.column_spacing_mm))
    echo = None if frame.te_ms is None else round(frame.te_ms, 1)
    return frame.rows, frame.columns, orientation, spacing, echo


def _sets(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Images on one grid, encoded from one side; where nothing says from which, from the only one there is."""
    by_grid: dict[tuple[object, ...], dict[str, list[Frame]]] = defaultdict(lambda: defaultdict(list))
    for frame in frames:
        by_grid[same_grid(frame)][_encoding(frame)].append(frame)
    frame_sets = []
    for by_encoding in by_grid.values():
        unknown = by_encoding.pop("", [])
        if len(by_encoding) == 1:
            next(iter(by_encoding.values())).extend(unknown)
        elif unknown:
            by_encoding[""] = unknown
        frame_sets += list(by_encoding.values())
    return frame_sets


def _encoding(frame: Frame) -> str:
    named = _SENSE.search(_words(frame))
    return " ".join(filter(None, (frame.phase_encoding, named[1] if named else "")))


def _words(frame: Frame) -> str:
    return re.sub(r"[\W_]+", " ", frame.description).lower()


def _distinct(frames: Sequence[Frame]) -> int:
    return len({frame.b_value for frame in frames})


def _without_corrections(frames: list[Frame]) -> tuple[list[Frame], list[str]]:
    """Leave out series of b = 0 that are called a correction, where the others have their own b = 0."""
    by_series: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        by_series[frame.series].append(frame)
    corrections = {
        series
        for series, images in by_series.items()
        if not any(image.b_value for image in images) and _CORRECTION.search(_words(images[0]))
    }
    if not any(frame.b_value == 0 for frame in frames if frame.series not in corrections):
        return frames, []
    left_out = [frame for frame in frames if frame.series in corrections]
    notes = [f"{_series(left_out)} corrects distortion and is not used"] if left_out else []
    return [frame for frame in frames if frame.series not in corrections], notes


def _without_traces(frames: list[Frame]) -> tuple[list[Frame], list[str]]:
    """Leave out what the scanner combined of directions where the directions themselves are there."""
    acquired = {frame.b_value for frame in frames if not frame.trace}
    left_out = [frame for frame in frames if frame.trace and frame.b_value in acquired]
    if not left_out:
        return frames, []
    kept = [frame for frame in frames if not frame.trace or frame.b_value not in acquired]
    return kept, [f"{_series(left_out)}: the scanner's trace images are left out beside the images they were made of"]


def _require_one_series_each(frames: Sequence[Frame], where: str) -> None:
    series: dict[float, set[str]] = defaultdict(set)
    for frame in frames:
        series[frame.b_value or 0.0].add(frame.series)
    twice = sorted(b for b, identifiers in series.items() if len(identifiers) > 1)
    if twice:
        repeated = [frame for frame in frames if frame.b_value == twice[0]]
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: b = {twice[0]:g} was acquired in {len(series[twice[0]])} series ({_series(repeated)}), perhaps "
            "with another gain; say which series to use in the mapping file and let it ignore the others (series)",
        )


def _too_few(frames: Sequence[Frame], stated: Sequence[Frame]) -> str:
    few = "no diffusion-weighted series with at least two b-values"
    if len(stated) < len(frames):
        unstated = [frame for frame in frames if frame.b_value is None]
        return (
            f"{few}; {_series(unstated)} states none for {len(unstated)} of its images: declare them in the mapping "
            "file (b_values)"
        )
    return f"{few}; export all of them"


def _left_out(frames: Sequence[Frame], chosen: Sequence[Frame]) -> str:
    why = "on another grid" if same_grid(frames[0]) != same_grid(chosen[0]) else "with other phase encoding"
    return f"{_series(frames)}: diffusion-weighted images {why} are not used"


def _series(frames: Sequence[Frame]) -> str:
    """Names and numbers of the series of frames."""
    return ", ".join(sorted({frame.series_name for frame in frames}))
