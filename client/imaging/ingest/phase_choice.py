"""Which dynamic phase an image of a study is, by seconds after the injection."""

from client.imaging.maps import phases
from shared.errors import Code, MrfedError
from shared.sections.imaging import ImageName, Imaging


def phase_of(name: ImageName, seconds: tuple[float, ...], imaging: Imaging, where: str) -> int:
    """Index of the phase that is the image.

    Parameters
    ----------
    name : before, early or late
    seconds : of each phase after the injection
    imaging : the study's section, whose `phases` say what early and late mean
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_MISSING) where no phase lies near enough.
    """
    if name is ImageName.BEFORE:
        index = next(iter(reversed(phases.before_contrast(seconds))), None)
    else:
        wanted_s = imaging.phases.early_s if name is ImageName.EARLY else imaging.phases.late_s
        index = phases.nearest(seconds, wanted_s, imaging.phases.tolerance_s)
    if index is None:
        listed = ", ".join(f"{second:g}" for second in seconds)
        raise MrfedError(
            Code.DATA_MISSING,
            f"{where}: no phase is the {name} one (phases at {listed} s after injection); "
            "imaging.phases of the study decides",
        )
    return index
