"""What was acquired of one patient, as far as a map needs to know it.

Arrays have the repeats (phases, b-values, flip angles, offsets) on the *last* axis, in any memory layout: the
view `numpy.moveaxis(numpy.stack(volumes), 0, -1)` costs no copy and is the fastest to fit.
"""

from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.sections.maps import VendorQuantity

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


@dataclass(frozen=True)
class FlipAngles(Series):
    """Spoiled gradient echoes with several flip angles, before contrast.

    Parameters
    ----------
    signal : (..., n) magnitude, arbitrary units, on the grid of the dynamic series
    flip_angles_deg : (n) nominal
    b1 : (...) actual over nominal flip angle; None where it was not mapped
    """

    words: ClassVar[str] = "a series with several flip angles"

    signal: Array
    flip_angles_deg: tuple[float, ...]
    tr_ms: float
    b1: Array | None = None


@dataclass(frozen=True)
class DiffusionTimes(Series):
    """Diffusion-weighted series with several diffusion times (pulsed and oscillating gradients).

    Parameters
    ----------
    signal : (..., n) magnitude, arbitrary units, averaged over directions
    b_values : (n) s/mm²
    frequencies_hz : (n) of cosine-modulated gradients; zero for pulsed ones
    duration_ms : (n) delta, length of each gradient lobe (of the whole train, where it oscillates)
    separation_ms : (n) Delta, from the start of the first to the start of the second
    """

    words: ClassVar[str] = "a diffusion-weighted series with several diffusion times"

    signal: Array
    b_values: tuple[float, ...]
    frequencies_hz: tuple[float, ...]
    duration_ms: tuple[float, ...]
    separation_ms: tuple[float, ...]


@dataclass(frozen=True)
class Saturation(Series):
    """Images after saturation at several offsets from the water resonance (CEST).

    Parameters
    ----------
    signal : (..., n) magnitude, arbitrary units
    offsets_ppm : (n) of the saturation, from the nominal water frequency
    unsaturated : (...) signal without saturation (or far off resonance)
    b0_ppm : (...) offset of the water resonance; None where it was not mapped
    fat_suppressed : None where the DICOM does not say
    """

    words: ClassVar[str] = "a saturation-transfer (APT) series"

    signal: Array
    offsets_ppm: tuple[float, ...]
    unsaturated: Array
    b0_ppm: Array | None = None
    fat_suppressed: bool | None = None


@dataclass(frozen=True)
class VendorMap(Series):
    """A map that the scanner computed, with the unit that it declares."""

    words: ClassVar[str] = "a map computed by the scanner"

    quantity: VendorQuantity
    values: Array
    unit: str


AnySeries = TypeVar("AnySeries", bound=Series)


@dataclass(frozen=True)
class Acquisition:
    """Everything that the maps of one patient are computed from.

    Parameters
    ----------
    where : who and which file, for error messages, which stay at the site
    series : at most one of a kind; of vendor maps, one a quantity; of diffusion-weighted ones, one with its images
        averaged over directions, which comes first, and one with every direction
    regions : masks by name, on the grid of the series that they are used with: `breast` (fits run only in it
        where given), `voi` (functional tumour volume), `contralateral_fibroglandular` (background enhancement)
    voxel_volume_ml : volume of a voxel of the dynamic series
    """

    where: str
    series: tuple[Series, ...]
    regions: dict[str, Mask] = field(default_factory=dict)
    voxel_volume_ml: float | None = None

    def find(self, kind: type[AnySeries]) -> AnySeries | None:
        """The series of a kind; None where there is none."""
        return next((series for series in self.series if isinstance(series, kind)), None)

    def get(self, kind: type[AnySeries]) -> AnySeries:
        """The series of a kind that the map's needs have made sure of.

        Raises
        ------
        LookupError where there is none.
        """
        series = self.find(kind)
        if series is None:
            raise LookupError(f"{self.where}: {kind.words} is missing")
        return series

    def vendor(self, quantity: VendorQuantity) -> VendorMap | None:
        """The scanner's own map of a quantity; None where there is none."""
        maps = (series for series in self.series if isinstance(series, VendorMap))
        return next((vendor_map for vendor_map in maps if vendor_map.quantity is quantity), None)
