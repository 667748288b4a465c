"""All features of a patient: every image and map of a study, in every region."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.features import Features
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.names import feature_names, shape_names
from client.imaging.radiomics.settings import AnySettings, for_image, for_map
from client.imaging.radiomics.shape import shapes
from client.imaging.volume import Volume
from shared.sections.radiomics import Radiomics

SHAPE_SOURCE = "mask"
"""Stands for the image in the name of a shape feature."""


def extract_patient(
    images: Mapping[str, Volume | None],
    maps: Mapping[str, Volume | None],
    regions: Mapping[str, NDArray[np.generic]],
    radiomics: Radiomics,
    classes: Collection[str] | None = None,
) -> Features:
    """Features of every image and map in every region, as `IMAGE.REGION.FEATURE`.

    The shape of a region does not depend on the image: it is taken once and called `mask.REGION.FEATURE`.

    Parameters
    ----------
    images : name -> image in arbitrary units; None where the patient has none
    maps : name -> quantitative map, named as in `radiomics.bin_widths`; None where the patient has none
    regions : name -> (z, y, x) mask on the grid of the images, non-zero inside
    radiomics : the study's section
    classes : feature classes to which these regions are limited, without plug-ins; None for all that the study has
    """
    values: dict[str, float] = {}
    missing: dict[str, Missing] = {}
    excluded = 0
    sources = [(name, image, _limited(for_image(radiomics, name), classes)) for name, image in images.items()]
    sources += [(name, image, _limited(for_map(radiomics, name), classes)) for name, image in maps.items()]
    volumes = [image for _, image, _ in sources]
    taken = [(SHAPE_SOURCE, _shapes(volumes, regions, _limited(for_image(radiomics), classes)))]
    for name, image, settings in sources:
        names = feature_names(settings.without_shape)
        if image is None:
            taken.append((name, dict.fromkeys(regions, Features.none(names, Missing.NO_IMAGE))))
        elif names:
            spacing_mm = image.geometry.spacing_mm
            taken.append((name, extract(image.voxels, spacing_mm, regions, settings.without_shape)))
    for source, by_region in taken:
        for region, features in by_region.items():
            values |= {f"{source}.{region}.{name}": value for name, value in features.values.items()}
            missing |= {f"{source}.{region}.{name}": why for name, why in features.missing.items()}
            excluded += features.excluded_voxels
    return Features(values, missing, excluded)


def _limited(settings: AnySettings, classes: Collection[str] | None) -> AnySettings:
    return settings if classes is None else settings.only(classes)


def _shapes(
    volumes: list[Volume | None], regions: Mapping[str, NDArray[np.generic]], settings: AnySettings
) -> dict[str, Features]:
    spacing_mm = next((volume.geometry.spacing_mm for volume in volumes if volume is not None), None)
    if spacing_mm is None:
        return dict.fromkeys(regions, Features.none(shape_names(settings), Missing.NO_IMAGE))
    return shapes(spacing_mm, regions, settings)
