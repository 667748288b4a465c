"""Several images on one grid, told apart by how they were made: flip angles, directions, offsets, diffusion times."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from client.imaging.ingest.comparable import require_one_scale
from client.imaging.ingest.diffusion_choice import same_grid
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.recognize import Group
from client.imaging.ingest.stack import SAME_PLACE_DIGITS, Stack, depth_mm, stack
from shared.errors import Code, MrfedError


@dataclass(frozen=True)
class ImageSeries:
    """Images in the order in which they were made."""

    stacks: tuple[Stack, ...]

    @property
    def examples(self) -> tuple[Frame, ...]:
        """A frame of each image, for what all of its slices share."""
        return tuple(image.frames[0] for image in self.stacks)


def image_series(groups: Sequence[Group], what: str, where: str) -> ImageSeries:
    """Assemble the images: at every place the n-th slice, by series and instance number, belongs to the n-th image.

    Parameters
    ----------
    groups : of one kind; one series may hold all images, or each its own
    what : the kind, for messages
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_MISSING) where there is none; (DATA_INCONSISTENT) where slices are missing, or slices of one image
    were made differently.
    """
    sets: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for group in groups:
        for frame in group.frames:
            sets[same_grid(frame)].append(frame)
    if not sets:
        raise MrfedError(
            Code.DATA_MISSING, f"{where}: no {what} series; export it, or name it in the mapping file (series)"
        )
    at: dict[float, list[Frame]] = defaultdict(list)
    for frame in max(sets.values(), key=len):
        at[round(depth_mm(frame), SAME_PLACE_DIGITS)].append(frame)
    counts = Counter(map(len, at.values()))
    if len(counts) != 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: the {what} series has {min(counts)} to {max(counts)} images, depending on the slice; "
            "export the whole series",
        )
    require_one_scale(max(sets.values(), key=len), what, where)
    ordered = [sorted(images, key=_order) for images in at.values()]
    stacks = tuple(stack([images[rank] for images in ordered]) for rank in range(next(iter(counts))))
    for number, volume in enumerate(stacks, start=1):
        if len({(frame.flip_angle_deg, frame.b_value, frame.direction) for frame in volume.frames}) > 1:
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{where}: slices of image {number} of the {what} series differ in flip angle, b-value or direction; "
                "export each image as a series",
            )
    return ImageSeries(stacks)


def _order(frame: Frame) -> tuple[float, ...]:
    return frame.series_number or 0, frame.instance_number or 0, frame.index
