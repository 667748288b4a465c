"""All features of a patient: every image and map of a study, in every region."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.radiomics.extract import Features, SpacingMm, extract, feature_names
from client.radiomics.missing import Missing
from client.radiomics.settings import for_image, for_map
from shared.sections.radiomics import Radiomics


@dataclass(frozen=True)
class Image:
    """An image or map on the grid of the patient's masks."""

    voxels: NDArray[np.generic]
    """(z, y, x); NaN where a map has no value."""
    spacing_mm: SpacingMm | None
    """Along each axis of the array; None where nobody knows."""


def extract_patient(
    images: Mapping[str, Image | None],
    maps: Mapping[str, Image | None],
    regions: Mapping[str, NDArray[np.generic]],
    radiomics: Radiomics,
) -> Features:
    """Features of every image and map in every region, as `IMAGE.REGION.FEATURE`.

    The shape of a region does not depend on the image: it is taken once and called `mask.REGION.FEATURE`.

    Parameters
    ----------
    images : name -> image in arbitrary units; None where the patient has none
    maps : name -> quantitative map, named as in `radiomics.bin_widths`; None where the patient has none
    regions : name -> (z, y, x) mask, non-zero inside
    radiomics : the study's section
    """
    values: dict[str, float] = {}
    missing: dict[str, Missing] = {}
    excluded = 0
    asked = [(name, image, for_image(radiomics)) for name, image in images.items()]
    asked += [(name, image, for_map(radiomics, name)) for name, image in maps.items()]
    for name, image, settings in asked:
        if image is None:
            names = feature_names(settings)
            found = {region: Features.none(names, Missing.NO_IMAGE) for region in regions}
        else:
            found = extract(image.voxels, image.spacing_mm, regions, settings)
        for region, features in found.items():
            excluded += features.excluded_voxels
            for feature, value in features.values.items():
                source = "mask" if "_shape_" in feature or "_shape2D_" in feature else name
                key = f"{source}.{region}.{feature}"
                if key in values and key not in missing:
                    continue
                values[key] = value
                missing.pop(key, None)
                if feature in features.missing:
                    missing[key] = features.missing[feature]
    return Features(values, missing, excluded)
