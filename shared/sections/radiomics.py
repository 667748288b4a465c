"""How features are taken: settings, regions, and what makes a value missing."""

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from shared.sections.section import Section


class Preset(StrEnum):
    """Extraction settings by name (`client.radiomics.settings`)."""

    RAMTOHUL2023 = "ramtohul2023"
    """Normalised to mean 0 and scale 100, 3 sigma clipped, 1 mm, bin width 15, original image only."""
    IBSI = "ibsi"
    """1 mm, 32 bins, original image and Laplacian of Gaussian."""


BIN_WIDTHS = {
    "percent_enhancement": 10.0,  # %
    "wash_in_rate": 0.1,  # %/s
    "washout": 0.02,
    "ser": 0.05,
    "ser_map": 0.05,
    "pe_map": 10.0,  # %
    "time_to_peak": 10.0,  # s
    "maximum_slope": 0.1,  # %/s
    "ktrans": 0.02,  # 1/min
    "kep": 0.05,  # 1/min
    "ve": 0.02,
    "vp": 0.01,
    "adc": 5e-5,  # mm²/s
    "ivim_d": 5e-5,  # mm²/s
    "ivim_f": 0.01,
    "ivim_d_star": 1e-3,  # mm²/s
    "dki_d": 5e-5,  # mm²/s
    "dki_k": 0.05,
    "t1_map": 50.0,  # ms
    "t2_map": 5.0,  # ms
}
"""Bin width of each quantitative map in its own unit: some 20 to 60 bins over a breast tumour."""


class Radiomics(Section):
    """Settings and regions; the settings hash of a site's features covers all of this."""

    preset: Preset = Preset.IBSI
    parameters: dict[str, Any] | None = None
    """Content of a PyRadiomics parameter file as it is (setting, imageType, featureClass), for `preset`."""
    log_sigma_mm: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0, 5.0)
    """Laplacian of Gaussian of preset `ibsi`; empty for none."""
    wavelet: bool = False
    """Wavelets of preset `ibsi`."""
    bin_widths: dict[str, float] = Field(default=BIN_WIDTHS)
    """Bin width of each quantitative map, in the map's unit. A map without one is refused."""
    maximum_undefined_share: float = Field(default=0.05, ge=0, lt=1)
    """Voxels of a region without a value (NaN in a map) are left out up to this share; over it the
    region's features of that map are missing."""
    regions: tuple[str, ...] = ("tumour",)

    @model_validator(mode="after")
    def _positive(self) -> "Radiomics":
        if any(width <= 0 for width in self.bin_widths.values()):
            raise ValueError("bin_widths must be positive")
        if any(sigma <= 0 for sigma in self.log_sigma_mm):
            raise ValueError("log_sigma_mm must be positive")
        return self
