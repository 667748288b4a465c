"""Settings of one image or map under preset `ibsi`, canonical and hashed."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import product
from typing import Any

from client.imaging.radiomics.ibsi.discretization import Bins
from client.imaging.radiomics.ibsi.histogram import HISTOGRAM
from client.imaging.radiomics.ibsi.intensity_mask import Range
from client.imaging.radiomics.ibsi.morphology import MORPHOLOGY
from client.imaging.radiomics.ibsi.statistics import STATISTICS
from client.imaging.radiomics.ibsi.texture.cooccurrence import COOCCURRENCE
from client.imaging.radiomics.ibsi.texture.dependence import DEPENDENCE
from client.imaging.radiomics.ibsi.texture.run_length import RUN_LENGTH
from client.imaging.radiomics.ibsi.texture.tone_difference import TONE_DIFFERENCE
from client.imaging.radiomics.ibsi.texture.zones import DISTANCE_ZONE, SIZE_ZONE
from client.imaging.radiomics.ibsi.volume_histogram import VOLUME_HISTOGRAM
from client.imaging.radiomics.plugin import canonical_plugins
from shared.files import document
from shared.sections.ibsi import Filter, Ibsi, LaplacianFilter, WaveletFilter
from shared.sections.radiomics import Plugin, Radiomics

FAMILIES: dict[str, tuple[str, ...]] = {
    "shape": MORPHOLOGY,
    "firstorder": (*STATISTICS, "Entropy", "Uniformity"),
    "histogram": HISTOGRAM,
    "ivh": VOLUME_HISTOGRAM,
    "spatial": ("LocalPeak", "GlobalPeak", "CentreOfMassShift", "IntegratedIntensity", "MoranI", "GearyC"),
    "glcm": COOCCURRENCE,
    "glrlm": tuple(RUN_LENGTH.values()),
    "glszm": tuple(SIZE_ZONE.values()),
    "gldzm": tuple(DISTANCE_ZONE.values()),
    "ngtdm": TONE_DIFFERENCE,
    "gldm": tuple(DEPENDENCE.values()),
}
"""Names of each family's features, in the order in which features are taken."""
VOLUME_BINS = 1000
"""Bins of the intensity-volume histogram of intensities without a unit, as IBSI has them."""
_VOLUME_BINS_A_BIN = 10
_DEFINITIONS = 1
"""Raised when a change of the code changes a value."""


@dataclass(frozen=True)
class IbsiSettings:
    """Settings of one image or map.

    Parameters
    ----------
    processing : grid, re-segmentation, matrices, boundary
    bins : of the image itself
    volume_bins : of its intensity-volume histogram
    intensity_range : of re-segmentation
    filters : in the order of their features
    families : which are taken
    maximum_undefined_share : share of a region's voxels that may lack a value
    plugins : features beside IBSI's
    """

    processing: Ibsi
    bins: Bins
    volume_bins: Bins
    intensity_range: Range = (None, None)
    filters: tuple[Filter, ...] = ()
    families: tuple[str, ...] = ()
    maximum_undefined_share: float = 0.0
    plugins: tuple[Plugin, ...] = ()

    @property
    def within_slices(self) -> bool:
        """Whether slices are looked at one by one; a region may then lie in one of them."""
        return self.processing.aggregation.within_slices

    @property
    def minimum_voxels(self) -> int:
        """A region of fewer voxels has no features."""
        return 2

    @property
    def filtered_bins(self) -> Bins:
        """Of filtered images, whose intensities have no unit that means anything (IBSI-2)."""
        return Bins(count=self.processing.bin_count)

    @property
    def without_shape(self) -> "IbsiSettings":
        """The same settings without the features that depend on the mask alone."""
        return replace(self, families=tuple(name for name in self.families if name != "shape"))

    def only(self, classes: Collection[str]) -> "IbsiSettings":
        """The same settings with some of their families and without plug-ins."""
        return replace(self, families=tuple(name for name in self.families if name in classes), plugins=())

    def wanted_mm(self) -> tuple[float | None, ...]:
        """Spacing of the grid along each axis of an array; None where it is the image's own."""
        spacing_mm = self.processing.spacing_mm
        return (None if self.within_slices else spacing_mm, spacing_mm, spacing_mm)

    def names(self) -> tuple[str, ...]:
        """Names of the features without those of plug-ins, as `filter_family_Feature`."""
        families = {name: features for name, features in FAMILIES.items() if name in self.families}
        shape = [f"original_shape_{feature}" for feature in families.pop("shape", ())]
        images = ["original", *(image_filter.name for image_filter in self.filters)] if families else []
        return (
            *shape,
            *(
                f"{image}_{family}_{feature}"
                for image in images
                for family, features in families.items()
                for feature in features
            ),
        )

    @property
    def canonical(self) -> dict[str, Any]:
        """Everything that decides a feature's value."""
        kept = {"families", "filters", "intensity_ranges", "bin_count"}
        return {
            "definitions": f"ibsi {_DEFINITIONS}",
            "mesh": f"pyradiomics {version('pyradiomics-bhklab')}",
            "processing": document.with_floats(self.processing.model_dump(mode="json", exclude=kept)),
            "bins": document.with_floats(vars(self.bins)),
            "volume_bins": document.with_floats(vars(self.volume_bins)),
            "filtered_bins": document.with_floats(vars(self.filtered_bins)),
            "intensity_range": document.with_floats(list(self.intensity_range)),
            "filters": [document.with_floats(image_filter.model_dump(mode="json")) for image_filter in self.filters],
            "families": sorted(self.families),
            "maximum_undefined_share": self.maximum_undefined_share,
            "plugins": canonical_plugins(self.plugins),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical settings; features with different digests never enter one model."""
        return document.digest(self.canonical)


def ibsi_settings(radiomics: Radiomics, name: str, bin_width: float | None) -> IbsiSettings:
    """Settings of an image or map.

    Parameters
    ----------
    radiomics : the study's section
    name : of the image or map, as `intensity_ranges` calls it
    bin_width : of a map, in its unit; None for an image in arbitrary units
    """
    section = radiomics.ibsi
    volume = Bins(count=VOLUME_BINS) if bin_width is None else Bins(width=bin_width / _VOLUME_BINS_A_BIN)
    return IbsiSettings(
        processing=section,
        bins=Bins(count=section.bin_count) if bin_width is None else Bins(width=bin_width),
        volume_bins=volume,
        intensity_range=section.intensity_ranges.get(name, (None, None)),
        filters=_filters(radiomics),
        families=section.families,
        maximum_undefined_share=radiomics.maximum_undefined_share,
        plugins=radiomics.plugins,
    )


def _filters(radiomics: Radiomics) -> tuple[Filter, ...]:
    """Those that the study names for either preset, then those of its section `ibsi`; each once."""
    filters: list[Filter] = [LaplacianFilter(filter="log", sigma_mm=sigma) for sigma in radiomics.log_sigma_mm]
    if radiomics.wavelet:
        axes = 2 if radiomics.ibsi.aggregation.within_slices else 3
        filters += [
            WaveletFilter(filter="wavelet", bands="".join(bands), rotation_invariant=False)
            for bands in product("HL", repeat=axes)
        ]
    named = {image_filter.name: image_filter for image_filter in (*filters, *radiomics.ibsi.filters)}
    return tuple(named.values())
