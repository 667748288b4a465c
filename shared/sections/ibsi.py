"""How preset `ibsi` takes features: grid, re-segmentation, grey levels, matrices, and the filters of IBSI-2.

::

    radiomics:
      preset: ibsi
      ibsi:
        spacing_mm: 1
        intensity_ranges: {adc: [0, 0.004]}
        families: [shape, firstorder, glcm, gldzm]
        filters:
          - {filter: laws, kernels: L5E5E5}
          - {filter: gabor, sigma_mm: 5, wavelength_mm: 2, aspect: 1.5}

References: IBSI reference manual, arXiv:1612.07003; IBSI-2 reference manual, arXiv:2006.05470.
"""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from shared.sections.section import Section

FeatureFamily = Literal[
    "shape",
    "firstorder",
    "glcm",
    "gldm",
    "glrlm",
    "glszm",
    "ngtdm",
    "histogram",
    "ivh",
    "gldzm",
    "spatial",
]
"""Families of IBSI under PyRadiomics' names, where it has them; `gldm` is IBSI's neighbouring grey level dependence."""


class Interpolation(StrEnum):
    """Spline that an image is interpolated with; its mask is always interpolated linearly."""

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"


class Aggregation(StrEnum):
    """Neighbours within slices or in the volume; matrices of each slice or of all; directions averaged or merged."""

    SLICES_AVERAGED = "2d_averaged"
    """A matrix for each slice and direction; features are averaged."""
    SLICES_MERGED = "2d_merged"
    """The directions of a slice are one matrix; features are averaged over slices."""
    STACK_AVERAGED = "2.5d_averaged"
    """The slices are one matrix for each direction; features are averaged over directions."""
    STACK_MERGED = "2.5d_merged"
    """One matrix of all slices and directions."""
    VOLUME_AVERAGED = "3d_averaged"
    """A matrix for each direction in the volume; features are averaged."""
    VOLUME_MERGED = "3d_merged"
    """One matrix of all directions in the volume."""

    @property
    def within_slices(self) -> bool:
        """Whether only voxels of one slice are neighbours."""
        return self not in (Aggregation.VOLUME_AVERAGED, Aggregation.VOLUME_MERGED)

    @property
    def each_slice(self) -> bool:
        """Whether every slice has matrices of its own."""
        return self in (Aggregation.SLICES_AVERAGED, Aggregation.SLICES_MERGED)

    @property
    def merged(self) -> bool:
        """Whether directions share a matrix."""
        return self.value.endswith("merged")


class Boundary(StrEnum):
    """How an image goes on beyond its edge, as a filter sees it."""

    ZERO = "zero"
    NEAREST = "nearest"
    PERIODIC = "periodic"
    MIRROR = "mirror"


class Pooling(StrEnum):
    """How responses to the same filter in several positions become one."""

    MEAN = "mean"
    MAXIMUM = "maximum"


def _number(value: float) -> str:
    """As it stands in the name of a feature."""
    return str(float(value)).replace(".", "-")


class MeanFilter(Section):
    """Mean of a square or cube."""

    filter: Literal["mean"]
    support: int = Field(default=5, ge=3)
    """Voxels along each side, an odd number."""

    @field_validator("support")
    @classmethod
    def _odd(cls, support: int) -> int:
        if support % 2 == 0:
            raise ValueError("support is an odd number of voxels")
        return support

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        return f"mean-{self.support}"


class LaplacianFilter(Section):
    """Laplacian of a Gaussian."""

    filter: Literal["log"]
    sigma_mm: float = Field(gt=0)
    cut_off_sigma: float = Field(default=4, gt=0)
    """Where the filter ends."""

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        return f"log-sigma-{_number(self.sigma_mm)}-mm"


class LawsFilter(Section):
    """Laws' kernels along x, y and, in the volume, z."""

    filter: Literal["laws"]
    kernels: str = Field(pattern=r"^([LES][35]|[WR]5){2,3}$")
    energy_distance: int | None = Field(default=7, ge=1)
    """Voxels over which the absolute response is averaged, to each side; null for the response itself."""
    rotation_invariant: bool = True
    pooling: Pooling = Pooling.MAXIMUM

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        energy = "" if self.energy_distance is None else f"-energy-{self.energy_distance}"
        return f"laws-{self.kernels}{energy}{_invariance(self.rotation_invariant, self.pooling)}"


class GaborFilter(Section):
    """Modulus of the response to a wave under a Gaussian, within planes."""

    filter: Literal["gabor"]
    sigma_mm: float = Field(gt=0)
    wavelength_mm: float = Field(gt=0)
    aspect: float = Field(default=1, gt=0)
    """Width of the Gaussian along the wave over that across it."""
    angle_degrees: float = 0
    """Of the wave, clockwise; the first of several."""
    step_degrees: float | None = Field(default=22.5, gt=0, le=180)
    """Between directions over half a turn, whose moduli are pooled; null for the one direction."""
    rotation_invariant: bool = True
    """In the volume: pooled over the three planes, too."""
    pooling: Pooling = Pooling.MEAN

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        step = f"-angle-{_number(self.angle_degrees)}" if self.step_degrees is None else ""
        scale = f"{_number(self.sigma_mm)}-wavelength-{_number(self.wavelength_mm)}-aspect-{_number(self.aspect)}"
        return f"gabor-sigma-{scale}{step}{_invariance(self.rotation_invariant, self.pooling)}"


class WaveletFilter(Section):
    """One sub-band of a separable wavelet, without decimation."""

    filter: Literal["wavelet"]
    family: str = "coif1"
    """By PyWavelets' name: haar, db3, coif1, sym4 ..."""
    bands: str = Field(pattern=r"^[LH]{2,3}$")
    """Low or high pass along x, y and, in the volume, z."""
    level: int = Field(default=1, ge=1, le=4)
    rotation_invariant: bool = True
    pooling: Pooling = Pooling.MEAN

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        if not re.fullmatch(r"haar|(db|sym)\d{1,2}|coif\d{1,2}|bior\d\.\d|rbio\d\.\d", family):
            raise ValueError("family is a discrete wavelet by PyWavelets' name, as haar, db3 or coif1")
        return family

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        family = self.family.replace(".", "-")
        turned = _invariance(self.rotation_invariant, self.pooling)
        return f"wavelet-{family}-{self.bands}-level-{self.level}{turned}"


class SimoncelliFilter(Section):
    """A band of frequencies, the same in every direction; sees the whole image."""

    filter: Literal["simoncelli"]
    level: int = Field(default=1, ge=1, le=6)

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        return f"simoncelli-level-{self.level}"


def _invariance(rotation_invariant: bool, pooling: Pooling) -> str:
    return f"-invariant-{pooling}" if rotation_invariant else ""


Filter = Annotated[
    MeanFilter | LaplacianFilter | LawsFilter | GaborFilter | WaveletFilter | SimoncelliFilter,
    Field(discriminator="filter"),
]
"""One filter and its settings."""


class Ibsi(Section):
    """Settings of preset `ibsi`."""

    spacing_mm: float | None = Field(default=1.0, gt=0)
    """Of the grid, within slices only where the aggregation stays in them; null for the image's own."""
    interpolation: Interpolation = Interpolation.CUBIC
    round_intensities: bool = False
    """To whole numbers after interpolation, where those of the image are (CT); not for MRI."""
    intensity_ranges: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)
    """Of an image or map, in its unit: voxels outside are not measured, and bins of a fixed width begin at the lower
    bound; null where there is no bound."""
    outlier_sigma: float | None = Field(default=None, gt=0)
    """Voxels farther from a region's mean are not measured (IBSI: 3); null for none."""
    bin_count: int = Field(default=32, ge=2, le=1000)
    """Of images in arbitrary units and of every filtered image; maps have `bin_widths`."""
    aggregation: Aggregation = Aggregation.VOLUME_AVERAGED
    families: tuple[FeatureFamily, ...] = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
    boundary: Boundary = Boundary.MIRROR
    """Beyond the edge of the image, for filters."""
    filters: tuple[Filter, ...] = ()
    """Beside those of `log_sigma_mm` and `wavelet`."""

    @model_validator(mode="after")
    def _consistent(self) -> "Ibsi":
        for name, (low, high) in self.intensity_ranges.items():
            if low is not None and high is not None and low >= high:
                raise ValueError(f"intensity_ranges: the range of {name} ends before it begins")
        if len(set(self.families)) != len(self.families):
            raise ValueError("families names a family twice")
        if len({one.name for one in self.filters}) != len(self.filters):
            raise ValueError("filters names a filter twice")
        wanted = 2 if self.aggregation.within_slices else 3
        for one in self.filters:
            given = _axes(one)
            if given not in (None, wanted):
                raise ValueError(
                    f"filters: {one.name} has {given} axes, and aggregation {self.aggregation} filters over {wanted}"
                )
        return self


def _axes(asked: Filter) -> int | None:
    """Axes that a filter is given for; None where it takes any number."""
    if isinstance(asked, LawsFilter):
        return len(asked.kernels) // 2
    return len(asked.bands) if isinstance(asked, WaveletFilter) else None
