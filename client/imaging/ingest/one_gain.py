"""Whether several images at one b-value were received with one gain, which no header states."""

from collections.abc import Sequence

import numpy as np

from client.imaging.volume import Volume
from shared.errors import Code, MrfedError

_MOST = 1.2
"""Factor by which the typical signal of directions or repetitions of one acquisition may differ."""


def require_one_gain(volumes: Sequence[Volume], b_value: float, where: str) -> None:
    """Refuse images whose brightness differs as a whole: their mean would be of neither.

    Parameters
    ----------
    volumes : at one b-value, in arbitrary units
    b_value : s/mm²
    where : patient, for messages

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) with the factor by which they differ.
    """
    typical = [float(np.median(inside)) for volume in volumes if (inside := volume.voxels[volume.voxels > 0]).size]
    if typical and max(typical) > _MOST * min(typical):
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: {len(volumes)} images at b = {b_value:g} differ in brightness by a factor of "
            f"{max(typical) / min(typical):.2g}: another gain, another acquisition; export one acquisition alone",
        )
