"""b-values of images whose headers state none: by the site's declaration, or by a vendor's custom."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from client.imaging.ingest.frame import Frame
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.stack import SAME_PLACE_DIGITS, depth_mm
from shared.errors import Code, MrfedError

_UNTAGGED_IS_ZERO = ("toshiba", "canon")
"""Makers that write a b-value only where a gradient was on (dcm2niix, Canon)."""
_SAME = 0.05
"""Relative difference up to which a declared b-value and a stated one are the same."""


def with_b_values(frames: Sequence[Frame], mapping: Mapping) -> tuple[list[Frame], list[str]]:
    """Frames of one series, with the b-values that their headers do not state, and what was assumed.

    Parameters
    ----------
    frames : of one series and contrast
    mapping : the site's declarations

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where the declared b-values are more or fewer than the images at each place, or
    differ from what headers state.
    """
    example = frames[0]
    declared = mapping.b_values_of(example.description)
    if declared is not None:
        return _declared(frames, declared), []
    silent = [frame for frame in frames if frame.b_value is None]
    stated = {frame.b_value for frame in frames} - {None}
    if not silent or not stated or 0 in stated or not example.manufacturer.lower().startswith(_UNTAGGED_IS_ZERO):
        return list(frames), []
    filled = [replace(frame, b_value=0.0) if frame.b_value is None else frame for frame in frames]
    return filled, [
        f"{example.series_name}: {len(silent)} images without a b-value are taken as b = 0, as {example.manufacturer} "
        "writes them; declare b_values in the mapping file if they are not"
    ]


def _declared(frames: Sequence[Frame], b_values: Sequence[float]) -> list[Frame]:
    example = frames[0]
    where = f"patient {example.patient}: {example.series_name}"
    at: dict[float, list[Frame]] = defaultdict(list)
    for frame in frames:
        at[round(depth_mm(frame), SAME_PLACE_DIGITS)].append(frame)
    declared = []
    for images in at.values():
        if len(images) != len(b_values):
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{where}: the mapping file declares {len(b_values)} b-values (b_values), at a place there are "
                f"{len(images)} images; declare one for each, in the order of the instance numbers",
            )
        images.sort(key=lambda frame: (frame.instance_number or 0, frame.index))
        for frame, b_value in zip(images, b_values, strict=True):
            if frame.b_value is not None and abs(frame.b_value - b_value) > _SAME * max(b_value, frame.b_value, 1):
                raise MrfedError(
                    Code.DATA_INCONSISTENT,
                    f"{where}: the mapping file declares b = {b_value:g} (b_values) where the header of {frame.path} "
                    f"states {frame.b_value:g}; correct the mapping file",
                )
            declared.append(replace(frame, b_value=float(b_value)))
    return declared
