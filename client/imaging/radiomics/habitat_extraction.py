"""Features of a patient's habitats, under every clustering of a study at once.

A study that leaves sites out has a clustering for each of them (`shared.clustering.clusterings`), and a patient's
habitats differ from one to the next. Filters run once for all of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.features import Features
from client.imaging.radiomics.habitats import HABITATS, VoxelVectors, habitat_features, habitat_map, habitat_regions
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.patient import extract_patient
from client.imaging.volume import Volume
from shared.clustering.clusters import Clusters
from shared.sections.radiomics import Radiomics

REGION = "tumour"
"""Of which the habitats are parts."""


def extract_habitats(
    images: Mapping[str, Volume | None],
    maps: Mapping[str, Volume | None],
    voxels: VoxelVectors | Missing,
    clusterings: Sequence[Clusters],
    radiomics: Radiomics,
) -> tuple[Features, ...]:
    """Features of the habitats: volume fractions and contacts, and those of images and maps inside each habitat.

    Parameters
    ----------
    images, maps : as for `extract_patient`, on one grid
    voxels : of the tumour, or why there are none
    clusterings : of each omission of the study, all of as many habitats
    radiomics : the study's section, with habitats

    Returns
    -------
    features of each clustering, the same names in the same order: `habitats.tumour.original_habitats_Fraction1`,
    `IMAGE.habitat_1.FEATURE` and `mask.habitat_1.FEATURE`
    """
    assert radiomics.habitats is not None
    volume = next(image for image in (*images.values(), *maps.values()) if image is not None)
    drawn = [_drawn(clustering, voxels, volume.voxels.shape) for clustering in clusterings]
    regions = {
        f"{number}/{name}": mask
        for number, (habitats, clusters) in enumerate(zip(drawn, clusterings, strict=True))
        for name, mask in habitat_regions(habitats, clusters.count).items()
    }
    taken = extract_patient(images, maps, regions, radiomics, radiomics.habitats.feature_classes)
    spacing_mm = volume.geometry.spacing_mm[::-1]
    return tuple(
        _of_clustering(taken, number, voxels if isinstance(voxels, Missing) else habitats, spacing_mm, clusters.count)
        for number, (habitats, clusters) in enumerate(zip(drawn, clusterings, strict=True))
    )


def _drawn(clusters: Clusters, voxels: VoxelVectors | Missing, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.zeros(shape, np.uint8) if isinstance(voxels, Missing) else habitat_map(clusters, voxels)


def _of_clustering(
    taken: Features, number: int, habitats: NDArray[np.uint8] | Missing, spacing_mm: tuple[float, ...], count: int
) -> Features:
    together = Features.of(habitat_features(habitats, spacing_mm, count))
    values = {f"{HABITATS}.{REGION}.{name}": value for name, value in together.values.items()}
    missing = {f"{HABITATS}.{REGION}.{name}": why for name, why in together.missing.items()}
    for column, value in taken.values.items():
        image, region, feature = column.split(".", 2)
        omission, _, habitat = region.partition("/")
        if int(omission) == number:
            name = f"{image}.{habitat}.{feature}"
            values[name] = value
            if column in taken.missing:
                missing[name] = habitats if isinstance(habitats, Missing) else taken.missing[column]
    return Features(values, missing, taken.excluded_voxels)
