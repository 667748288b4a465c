"""How features are taken: settings, regions, habitats, and what makes a value missing.

::

    radiomics:
      preset: ibsi
      regions:
        - {region: tumour}
        - {region: ring, to_mm: 3}
      habitats: {maps: [wash_in, washout, adc], clusters: [3]}
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from shared.sections.ibsi import FeatureFamily, Ibsi
from shared.sections.section import Section


class Preset(StrEnum):
    """Extraction settings by name (`client.imaging.radiomics.settings`)."""

    RAMTOHUL2023 = "ramtohul2023"
    """Normalized to mean 0 and scale 100, 3 sigma clipped, 1 mm, bin width 15, original image only."""
    IBSI = "ibsi"
    """IBSI's definitions throughout: 1 mm, 32 bins, original image and Laplacian of Gaussian (section `ibsi`)."""
    PYRADIOMICS = "pyradiomics"
    """The same images by PyRadiomics' own grid, bins and filters."""


BIN_WIDTHS = {
    "percent_enhancement": 10.0,  # %
    "wash_in": 0.1,  # %/s
    "washout": 2.0,  # %
    "signal_enhancement_ratio": 0.05,
    "curve_type": 1.0,
    "time_to_peak": 10.0,  # s
    "maximum_slope": 0.1,  # %/s
    "t1": 50.0,  # ms
    "ktrans": 0.02,  # 1/min
    "v_e": 0.02,
    "v_p": 0.01,
    "bolus_delay": 2.0,  # s
    "adc": 5e-5,  # mm²/s
    "ivim_f": 0.01,
    "ivim_d": 5e-5,  # mm²/s
    "ivim_d_star": 5e-3,  # mm²/s
    "dki_d": 5e-5,  # mm²/s
    "dki_k": 0.05,
    "dki_md": 5e-5,  # mm²/s
    "dki_fa": 0.02,
    "dki_mk": 0.05,
    "ddc": 5e-5,  # mm²/s
    "stretched_alpha": 0.02,
    "ctrw_d": 5e-5,  # mm²/s
    "ctrw_alpha": 0.02,
    "ctrw_beta": 0.02,
    "restriction_f1": 0.02,
    "restriction_f2": 0.02,
    "restriction_f3": 0.02,
    "cell_diameter": 0.5,  # µm
    "intracellular_fraction": 0.02,
    "extracellular_d": 5e-5,  # mm²/s
    "cellularity": 0.005,  # 1/µm
    "apt_weighted": 0.2,  # %
    "vendor_adc": 5e-5,  # mm²/s
    "vendor_apt": 0.2,  # %
    "vendor_t1": 50.0,  # ms
    "vendor_t2": 5.0,  # ms
    "vendor_pd": 2.0,  # %
    "vendor_pe": 10.0,  # %
    "vendor_ser": 0.05,
    "vendor_cell_diameter": 0.5,  # µm
    "vendor_cellularity": 0.005,  # 1/µm
    "vendor_intracellular_fraction": 0.02,
    "vendor_b1": 0.02,
    "vendor_b0": 0.02,  # ppm
}
"""Bin width of each quantitative map in its own unit: some 20 to 60 bins over a breast tumour."""


class TumourRegion(Section):
    """The lesion that was drawn."""

    region: Literal["tumour"]
    lesions: Literal["largest", "all"] = "all"
    """Which of several lesions of one mask; lesions that do not touch are several."""

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        return "tumour"


class RingRegion(Section):
    """Tissue around the tumour, from one distance to another; two touching rings share no voxel."""

    region: Literal["ring"]
    from_mm: float = Field(default=0, ge=0)
    """Distance from the tumour at which the ring begins."""
    to_mm: float = Field(default=3, gt=0)
    """Distance at which it ends."""

    @model_validator(mode="after")
    def _has_width(self) -> "RingRegion":
        if self.to_mm <= self.from_mm:
            raise ValueError("a ring ends farther out than it begins; make to_mm larger than from_mm")
        return self

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        return f"ring_{self.from_mm:g}_{self.to_mm:g}mm".replace(".", "-")


class ContralateralRegion(Section):
    """The other breast, where the image holds it."""

    region: Literal["contralateral"]

    @property
    def name(self) -> str:
        """As it appears in the names of features."""
        return "contralateral"


RegionRequest = Annotated[TumourRegion | RingRegion | ContralateralRegion, Field(discriminator="region")]
"""One region and its settings."""


class Habitats(Section):
    """Parts of the tumour that behave alike, the same at every site: clusters of voxels over several maps."""

    maps: tuple[str, ...] = Field(min_length=1)
    """Quantitative maps that make a voxel's vector; the first orders the habitats, by its mean."""
    clusters: tuple[int, ...] = (3,)
    """Numbers of habitats to try; where there are several, the criterion chooses."""
    model: Literal["kmeans", "gaussian_mixture"] = "kmeans"
    criterion: Literal["calinski_harabasz", "bic"] = "calinski_harabasz"
    """How a number of habitats is chosen, from sums; `bic` is for Gaussian mixtures."""
    iterations: int = Field(default=10, ge=2, le=10)
    """Rounds at most; each is an exchange, and the start takes two more."""
    seed: int = 1
    feature_classes: tuple[FeatureFamily, ...] | None = None
    """Feature classes that are taken in each habitat, without plug-ins; where left out, all that the
    tumour has, plug-ins included. Volume fractions and contacts come with either; empty for these alone."""

    @model_validator(mode="after")
    def _consistent(self) -> "Habitats":
        if not self.clusters or min(self.clusters) < 2 or max(self.clusters) > 8:
            raise ValueError("clusters are numbers from 2 to 8")
        if len(set(self.maps)) != len(self.maps):
            raise ValueError("maps names a map twice")
        if (self.criterion == "bic") != (self.model == "gaussian_mixture"):
            raise ValueError("criterion bic goes with model gaussian_mixture, calinski_harabasz with kmeans")
        return self


class Plugin(Section):
    """A feature plug-in that every site has installed (`client.imaging.radiomics.plugin`)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    settings: dict[str, Any] = Field(default_factory=dict)


class Radiomics(Section):
    """Settings and regions; the settings hash of a site's features covers all of this."""

    preset: Preset = Preset.IBSI
    parameters: dict[str, Any] | None = None
    """Content of a PyRadiomics parameter file as it is (setting, imageType, featureClass), for `preset`."""
    log_sigma_mm: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0, 5.0)
    """Laplacian of Gaussian of presets `ibsi` and `pyradiomics`; empty for none."""
    wavelet: bool = False
    """All sub-bands of a coif1 wavelet, for presets `ibsi` and `pyradiomics`."""
    ibsi: Ibsi = Field(default_factory=Ibsi)
    """Settings of preset `ibsi`."""
    bin_widths: dict[str, float] = Field(default=BIN_WIDTHS)
    """Bin width of each quantitative map, in the map's unit. A map without one is refused."""
    maximum_undefined_share: float = Field(default=0.05, ge=0, lt=1)
    """Voxels of a region without a value (NaN in a map) are left out up to this share; over it the
    region's features of that map are missing."""
    map_summaries: bool = True
    """Mean, percentiles, skewness and entropy of the physiological values of each map, beside the features of
    radiomics; not of habitats, which come of the same maps."""
    regions: tuple[RegionRequest, ...] = (TumourRegion(region="tumour"),)
    habitats: Habitats | None = None
    plugins: tuple[Plugin, ...] = ()
    """Features beside those. With mrfed come `laws`, `gabor`, `spatial_entropy` and `ith_score`."""

    @model_validator(mode="after")
    def _consistent(self) -> "Radiomics":
        if any(width <= 0 for width in self.bin_widths.values()):
            raise ValueError("bin_widths must be positive")
        if any(sigma <= 0 for sigma in self.log_sigma_mm):
            raise ValueError("log_sigma_mm must be positive")
        if len({region.name for region in self.regions}) != len(self.regions):
            raise ValueError("regions names a region twice")
        if len({plugin.name for plugin in self.plugins}) != len(self.plugins):
            raise ValueError("plugins names a plug-in twice")
        return self
