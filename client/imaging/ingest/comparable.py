"""Whether the numbers of several images are on one scale, so that one may be divided by another."""

from collections.abc import Sequence

from client.imaging.ingest.frame import Frame
from client.imaging.ingest.scaling import Scale
from shared.errors import Code, MrfedError

_SHARED = frozenset((Scale.PRECISE.value, Scale.REAL_WORLD.value))


def require_one_scale(frames: Sequence[Frame], what: str, where: str) -> None:
    """Refuse images in arbitrary units whose numbers the scanner scaled each in its own way.

    Parameters
    ----------
    frames : of images that are compared with each other
    what : the series, for messages
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where some images are on a scale that all share and others are not, or Philips'
    images were each scaled for display and the scale slope that undoes it is gone.
    """
    scales = {frame.scale for frame in frames if frame.scale}
    if len(scales) > 1 and scales & _SHARED:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: images of the {what} series are on different scales ({', '.join(sorted(scales))}), so that "
            "their numbers cannot be compared; export all of them with the scanner's private elements",
        )
    philips = [frame for frame in frames if frame.manufacturer.lower().startswith("philips")]
    if len({(frame.slope, frame.intercept) for frame in philips if frame.scale == Scale.DISPLAY.value}) > 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: images of the {what} series were scaled for display, each in its own way, and Philips' scale "
            "slope (2005,100E) is missing; export them with private elements",
        )
