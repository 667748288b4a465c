"""Extraction settings, canonical and hashed: as PyRadiomics reads them, or by IBSI's definitions.

An image in arbitrary units and a quantitative map never share settings: a map's numbers have units, so it is
never normalized and its grey levels have a fixed width in its unit.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any

from client.imaging.radiomics.ibsi.settings import IbsiSettings, ibsi_settings
from client.imaging.radiomics.plugin import canonical_plugins
from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.radiomics import Plugin, Preset, Radiomics

FEATURE_CLASSES = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
_NORMALIZATION = ("normalize", "normalizeScale", "removeOutliers")
_DISCRETIZATION = ("binWidth", "binCount")

# What PyRadiomics assumes where a parameter file says nothing: written out, so that a later default
# of another version changes the hash instead of the features.
_DEFAULTS: dict[str, Any] = {
    "minimumROIDimensions": 2,
    "normalize": False,
    "normalizeScale": 1,
    "interpolator": "sitkBSpline",
    "preCrop": False,
    "padDistance": 5,
    "distances": [1],
    "force2D": False,
    "force2Ddimension": 0,
    "label": 1,
    "symmetricalGLCM": True,
    "voxelArrayShift": 0,
    "gldm_a": 0,
}
_RESAMPLING = {"resampledPixelSpacing": [1, 1, 1], "interpolator": "sitkBSpline"}
# The Laplacian of Gaussian decays by about exp(-1.75) each sigma: 6 sigma around a region leave 3e-5 of it.
_LOG_PAD_SIGMA = 6


@dataclass(frozen=True)
class Settings:
    """Settings of one image or map.

    Attributes
    ----------
    parameters : content of a PyRadiomics parameter file: `setting`, `imageType`, `featureClass`
    maximum_undefined_share : share of a region's voxels that may lack a value
    plugins : features beside PyRadiomics'
    """

    parameters: Mapping[str, Any]
    maximum_undefined_share: float = 0.0
    plugins: tuple[Plugin, ...] = ()

    @cached_property
    def setting(self) -> dict[str, Any]:
        """Global settings, PyRadiomics' defaults included."""
        return _with_float_sigma(_DEFAULTS | dict(self.parameters.get("setting") or {}))

    @property
    def within_slices(self) -> bool:
        """Whether slices are looked at one by one; a region may then lie in one of them."""
        return bool(self.setting["force2D"])

    @property
    def minimum_voxels(self) -> int:
        """A region of fewer voxels has no features."""
        return int(self.setting.get("minimumROISize") or 0) + 1

    @cached_property
    def image_types(self) -> dict[str, dict[str, Any]]:
        """Filters and the settings of each."""
        return {name: own or {} for name, own in (self.parameters.get("imageType") or {"Original": {}}).items()}

    @cached_property
    def feature_classes(self) -> dict[str, list[str]]:
        """Feature classes and the features of each; an empty list means all."""
        requested = self.parameters.get("featureClass")
        every = dict.fromkeys(FEATURE_CLASSES) if requested is None else requested
        return {name: list(features or []) for name, features in every.items()}

    @cached_property
    def without_shape(self) -> "Settings":
        """The same settings without the features that depend on the mask alone."""
        kept = {name: chosen for name, chosen in self.feature_classes.items() if not name.startswith("shape")}
        return replace(self, parameters={**self.parameters, "featureClass": kept})

    def only(self, classes: Collection[str]) -> "Settings":
        """The same settings with some of their feature classes and without plug-ins."""
        kept = {name: chosen for name, chosen in self.feature_classes.items() if name in classes}
        return replace(self, parameters={**self.parameters, "featureClass": kept}, plugins=())

    @property
    def canonical(self) -> dict[str, Any]:
        """Everything that decides a feature's value, the version of PyRadiomics included."""
        return {
            "pyradiomics": version("pyradiomics-bhklab"),
            "setting": document.with_floats(self.setting),
            "imageType": document.with_floats(self.image_types),
            "featureClass": {name: sorted(features) for name, features in self.feature_classes.items()},
            "maximum_undefined_share": self.maximum_undefined_share,
            "plugins": canonical_plugins(self.plugins),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical settings; features with different digests never enter one model."""
        return document.digest(self.canonical)


AnySettings = Settings | IbsiSettings
"""By PyRadiomics' definitions or by IBSI's."""


def for_image(radiomics: Radiomics, name: str = "") -> AnySettings:
    """Settings of an image in arbitrary units (a DCE phase, T2).

    Parameters
    ----------
    radiomics : the study's section
    name : the image, as `ibsi.intensity_ranges` calls it; empty where intensities do not matter
    """
    if radiomics.parameters is None and radiomics.preset is Preset.IBSI:
        return ibsi_settings(radiomics, name, None)
    if radiomics.parameters is not None:
        parameters = _complete(radiomics.parameters)
    elif radiomics.preset is Preset.RAMTOHUL2023:
        parameters = {
            "setting": _RESAMPLING | {"normalize": True, "normalizeScale": 100, "removeOutliers": 3, "binWidth": 15},
            "imageType": {"Original": {}},
            "featureClass": dict.fromkeys(FEATURE_CLASSES),
        }
    else:
        parameters = _pyradiomics(radiomics, {"binCount": 32})
    return Settings(parameters, radiomics.maximum_undefined_share, radiomics.plugins)


def for_map(radiomics: Radiomics, name: str) -> AnySettings:
    """Settings of a quantitative map: never normalized, bins of a fixed width in the map's unit.

    Parameters
    ----------
    radiomics : the study's section. Its own `parameters` apply without their normalization and bins; preset
        `ramtohul2023` normalizes and does not apply: maps get `pyradiomics` with the original image only.
    name : the map, as `bin_widths` calls it

    Raises
    ------
    MrfedError STUDY_INVALID when the study declares no bin width for this map.
    """
    if name not in radiomics.bin_widths:
        raise MrfedError(
            Code.STUDY_INVALID,
            f"radiomics.bin_widths has no width for the map {name}; give one in the map's unit, "
            "so that a tumour spans some 20 to 60 bins",
        )
    if radiomics.parameters is None and radiomics.preset is Preset.IBSI:
        return ibsi_settings(radiomics, name, radiomics.bin_widths[name])
    bins = {"binWidth": radiomics.bin_widths[name]}
    if radiomics.parameters is not None:
        setting = radiomics.parameters.get("setting") or {}
        kept = {key: value for key, value in setting.items() if key not in _NORMALIZATION + _DISCRETIZATION}
        parameters = _complete({**radiomics.parameters, "setting": kept | bins})
    elif radiomics.preset is Preset.RAMTOHUL2023:
        parameters = _pyradiomics(radiomics.model_copy(update={"log_sigma_mm": (), "wavelet": False}), bins)
    else:
        parameters = _pyradiomics(radiomics, bins)
    return Settings(parameters, radiomics.maximum_undefined_share, radiomics.plugins)


def _complete(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter file that names no feature class means all of them, as PyRadiomics reads it."""
    return {**parameters, "featureClass": parameters.get("featureClass") or None}


def _pyradiomics(radiomics: Radiomics, bins: dict[str, Any]) -> dict[str, Any]:
    image_types: dict[str, Any] = {"Original": {}}
    setting = _RESAMPLING | bins
    if radiomics.log_sigma_mm:
        image_types["LoG"] = {"sigma": list(radiomics.log_sigma_mm)}
        setting["padDistance"] = round(_LOG_PAD_SIGMA * max(radiomics.log_sigma_mm))
    if radiomics.wavelet:
        image_types["Wavelet"] = {}
    return {
        "setting": setting,
        "imageType": image_types,
        "featureClass": dict.fromkeys(FEATURE_CLASSES),
    }


def _with_float_sigma(settings: dict[str, Any]) -> dict[str, Any]:
    """Sigma enters the name of a feature: 1 and 1.0 must give the same name."""
    if "sigma" not in settings:
        return settings
    return settings | {"sigma": [float(sigma) for sigma in settings["sigma"]]}


def digest_of(radiomics: Radiomics, images: Iterable[str], maps: Iterable[str]) -> str:
    """The settings hash of a site's features: every image and map with its settings, regions and habitats.

    Raises
    ------
    MrfedError STUDY_INVALID when an intensity range is of no image or map of the study.
    """
    every = {name: for_image(radiomics, name).canonical for name in images}
    every |= {name: for_map(radiomics, name).canonical for name in maps}
    if unknown := sorted(set(radiomics.ibsi.intensity_ranges) - set(every)):
        raise MrfedError(
            Code.STUDY_INVALID,
            f"radiomics.ibsi.intensity_ranges names {', '.join(unknown)}, of which no features are taken; "
            f"there are {', '.join(every) or 'no images and maps'}: correct the name",
        )
    regions = [region.model_dump(mode="json") for region in radiomics.regions]
    habitats = radiomics.habitats and radiomics.habitats.model_dump(mode="json")
    return document.digest(
        {"images": every, "regions": regions, "habitats": habitats, "map_summaries": radiomics.map_summaries}
    )
