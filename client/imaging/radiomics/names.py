"""Names of all features that settings give, known without a patient."""

import json
import logging
from functools import lru_cache
from typing import Any

import numpy as np
import SimpleITK as sitk
from pykwalify.errors import PyKwalifyException
from radiomics.featureextractor import RadiomicsFeatureExtractor

from client.imaging.radiomics.ibsi.settings import IbsiSettings
from client.imaging.radiomics.plugin import load
from client.imaging.radiomics.settings import AnySettings, Settings
from shared.errors import Code, MrfedError
from shared.files import document

# PyRadiomics reports every step, and failures that are named and counted here.
logging.getLogger("radiomics").setLevel(logging.CRITICAL + 1)

_SIDE = 40


def feature_names(settings: AnySettings) -> tuple[str, ...]:
    """Names in their definitions' order, `filter_class_Feature`; then those of plug-ins, `original_plugin_Feature`."""
    own = settings.names() if isinstance(settings, IbsiSettings) else _pyradiomics_names(settings)
    return own + tuple(
        f"original_{plugin.name}_{name}"
        for plugin in settings.plugins
        for name in load(plugin.name).names(load(plugin.name).settings(plugin.settings, plugin.name))
    )


def shape_names(settings: AnySettings) -> tuple[str, ...]:
    """Names of the features that depend on the mask alone."""
    return tuple(name for name in feature_names(settings) if "_shape" in name)


def _pyradiomics_names(settings: Settings) -> tuple[str, ...]:
    # an extractor that is given no class at all would take every one
    return _names(document.canonical(_parameters(settings))) if settings.feature_classes else ()


def _parameters(settings: Settings) -> dict[str, Any]:
    """Settings as PyRadiomics' extractor takes them."""
    return {
        "setting": settings.setting,
        "imageType": settings.image_types,
        "featureClass": settings.feature_classes,
    }


@lru_cache(maxsize=64)
def _names(canonical: bytes) -> tuple[str, ...]:
    """Names that PyRadiomics gives for a small random cube; they do not depend on grid, bins or mask checks."""
    parameters = json.loads(canonical)
    try:
        extractor = RadiomicsFeatureExtractor(parameters)
    except PyKwalifyException as error:
        faults = str(error.msg).replace("\n", " ")
        raise MrfedError(
            Code.STUDY_INVALID,
            f"radiomics.parameters is no parameter file of PyRadiomics: {faults}; correct it",
        ) from error
    setting = extractor.settings
    setting |= {
        "additionalInfo": False,
        "binCount": 8,
        "resampledPixelSpacing": None,
        "resegmentRange": None,
        "minimumROISize": None,
    }
    box = [slice(18, 22)] * 3
    if setting["force2D"]:
        box[setting["force2Ddimension"]] = slice(20, 21)
    mask = np.zeros((_SIDE, _SIDE, _SIDE), np.uint8)
    mask[tuple(box)] = setting["label"]
    image = sitk.GetImageFromArray(np.random.default_rng(0).normal(100, 10, size=mask.shape))
    # Coarse voxels, so that every Laplacian of Gaussian fits into the cube.
    image.SetSpacing((10.0, 10.0, 10.0))
    label = sitk.GetImageFromArray(mask)
    label.CopyInformation(image)
    return tuple(extractor.execute(image, label))
