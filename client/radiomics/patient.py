"""All features of a patient: every image and map of a study, in every region."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from client.radiomics.extract import Features, extract
from client.radiomics.missing import Missing
from client.radiomics.names import feature_names
from client.radiomics.settings import for_image, for_map
from client.volume import Volume
from shared.sections.radiomics import Radiomics

SHAPE_SOURCE = "mask"
"""Stands for the image in the name of a shape feature."""


def extract_patient(
    images: Mapping[str, Volume | None],
    maps: Mapping[str, Volume | None],
    regions: Mapping[str, NDArray[np.generic]],
    radiomics: Radiomics,
) -> Features:
    """Features of every image and map in every region, as `IMAGE.REGION.FEATURE`.

    The shape of a region does not depend on the image: it is taken once and called `mask.REGION.FEATURE`.

    Parameters
    ----------
    images : name -> image in arbitrary units; None where the patient has none
    maps : name -> quantitative map, named as in `radiomics.bin_widths`; None where the patient has none
    regions : name -> (z, y, x) mask on the grid of the images, non-zero inside
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
            found = extract(image.voxels, image.geometry.spacing_mm, regions, settings)
        for region, features in found.items():
            excluded += features.excluded_voxels
            for feature, value in features.values.items():
                source = SHAPE_SOURCE if "_shape" in feature else name
                column = f"{source}.{region}.{feature}"
                if column in values and column not in missing:
                    continue
                values[column] = value
                if feature in features.missing:
                    missing.setdefault(column, features.missing[feature])
                else:
                    missing.pop(column, None)
    return Features(values, missing, excluded)
