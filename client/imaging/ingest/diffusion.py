"""The diffusion-weighted series: its images by b-value, on one grid."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from client.imaging.ingest.diffusion_choice import chosen_images
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.recognize import Group
from client.imaging.ingest.stack import SAME_PLACE_DIGITS, Stack, depth_mm, stack
from shared.errors import Code, MrfedError


@dataclass(frozen=True)
class DiffusionSeries:
    """Images by ascending b-value; several at one b-value are directions or repetitions."""

    b_values: tuple[float, ...]
    """s/mm², distinct, ascending."""
    stacks: tuple[tuple[Stack, ...], ...]
    """For each b-value."""
    notes: tuple[str, ...] = ()
    """What was chosen and combined."""

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
    MrfedError (DATA_MISSING) without two b-values; (DATA_INCONSISTENT) where slices are missing, a b-value was acquired
    in several series, or two sets have equally many b-values.
    """
    frames, notes = chosen_images(groups, where)
    by_b: dict[float, list[Frame]] = defaultdict(list)
    for frame in frames:
        assert frame.b_value is not None
        by_b[frame.b_value].append(frame)
    places = {round(depth_mm(frame), SAME_PLACE_DIGITS) for frame in frames}
    b_values = tuple(sorted(by_b))
    stacks = tuple(_repeats(by_b[b], len(places), b, where) for b in b_values)
    several = [f"{len(images)} at b = {b:g}" for b, images in zip(b_values, stacks, strict=True) if len(images) > 1]
    if several:
        combined = f"several diffusion-weighted images of one series ({', '.join(several)}): directions or repetitions"
        notes = [*notes, f"{combined}, combined by their geometric mean"]
    return DiffusionSeries(b_values, stacks, tuple(notes))


def _repeats(frames: Sequence[Frame], places: int, b_value: float, where: str) -> tuple[Stack, ...]:
    """Volumes of one b-value: the n-th image at every place makes the n-th volume."""
    at: dict[float, list[Frame]] = defaultdict(list)
    for frame in frames:
        at[round(depth_mm(frame), SAME_PLACE_DIGITS)].append(frame)
    counts = Counter(map(len, at.values()))
    if len(at) != places or len(counts) != 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: b = {b_value:g} has {len(frames)} images at {len(at)} of {places} places; "
            "export the whole series",
        )
    in_order = [sorted(images, key=lambda frame: (frame.instance_number or 0, frame.index)) for images in at.values()]
    return tuple(stack([images[rank] for images in in_order]) for rank in range(next(iter(counts))))
