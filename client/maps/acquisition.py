"""What was acquired of one patient, as far as a map needs to know it.

Arrays have the repeats (phases, b-values, flip angles, offsets) on the *last* axis, in any memory layout: the
view `numpy.moveaxis(numpy.stack(volumes), 0, -1)` costs no copy and is the fastest to fit.
"""

from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Series:
    """Images of one kind; a subclass says of which, and what was declared with them."""

    words: ClassVar[str]
    """What it is called in a message about its absence."""


@dataclass(frozen=True)
class Dynamic(Series):
    """T1-weighted dynamic series.

    Parameters
    ----------
    signal : (..., n_phases) spoiled-gradient-echo magnitude, arbitrary units
    seconds : (n_phases) centre of k-space of each phase after the injection; zero or less is before contrast
    timing_assumed : the seconds are the site's declaration, not the DICOM's
    tr_ms, flip_angle_deg, field_t : None where the DICOM does not say
    """

    words: ClassVar[str] = "a dynamic (DCE) series"

    signal: Array
    seconds: tuple[float, ...]
    timing_assumed: bool = False
    tr_ms: float | None = None
    flip_angle_deg: float | None = None
    field_t: float | None = None


@dataclass(frozen=True)
class Diffusion(Series):
    """Diffusion-weighted series.

    Parameters
    ----------
    signal : (..., n_b) magnitude, arbitrary units, one entry an image
    b_values : (n_b) s/mm², zero allowed, repeats allowed
    directions : (n_b, 3) unit vectors, zeros where b = 0; None where the images are averaged over directions
    """

    words: ClassVar[str] = "a diffusion-weighted series"

    signal: Array
    b_values: tuple[float, ...]
    directions: tuple[tuple[float, float, float], ...] | None = None


AnySeries = TypeVar("AnySeries", bound=Series)


@dataclass(frozen=True)
class Acquisition:
    """Everything that the maps of one patient are computed from.

    Parameters
    ----------
    where : who and which file, for error messages, which stay at the site
    series : at most one of a kind
    regions : masks by name, on the grid of the series that they are used with: `breast` (fits run only in it
        where given), `voi` (functional tumour volume)
    voxel_volume_ml : volume of a voxel of the dynamic series
    """

    where: str
    series: tuple[Series, ...]
    regions: dict[str, Mask] = field(default_factory=dict)
    voxel_volume_ml: float | None = None

    def find(self, kind: type[AnySeries]) -> AnySeries | None:
        """The series of a kind; None where there is none."""
        return next((one for one in self.series if isinstance(one, kind)), None)

    def get(self, kind: type[AnySeries]) -> AnySeries:
        """The series of a kind that the map's needs have made sure of.

        Raises
        ------
        LookupError where there is none.
        """
        found = self.find(kind)
        if found is None:
            raise LookupError(f"{self.where}: {kind.words} is missing")
        return found
