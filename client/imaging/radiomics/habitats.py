"""Habitats: parts of a tumour that behave alike over several maps, the same at every site.

A voxel's vector holds the values of the study's maps. Clusters of the vectors, found from sums over sites
(`shared.clustering.clusters`), are the habitats; habitat 1 has the lowest mean of the first map.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.features import Measured
from client.imaging.radiomics.missing import Missing
from shared.clustering.clusters import Clusters

Array = NDArray[np.float64]
HABITATS = "habitats"
"""Stands for the image in the names of features of the habitats together."""


@dataclass(frozen=True)
class VoxelVectors:
    """What a tumour's voxels say, and where they lie.

    Parameters
    ----------
    vectors : (n, d) values of the maps, in their units
    inside : (z, y, x) those n voxels, in C order
    """

    vectors: Array
    inside: Mask

    @property
    def weights(self) -> Array:
        """(n,) weights, so that the patient weighs 1."""
        return np.full(len(self.vectors), 1 / len(self.vectors))


def voxel_vectors(
    maps: Mapping[str, NDArray[np.floating] | None], names: Sequence[str], tumour: NDArray[np.generic]
) -> VoxelVectors | Missing:
    """Vectors of the tumour's voxels that have a value in every map.

    Parameters
    ----------
    maps : name -> (z, y, x) map on the grid of the mask; None where the patient has none
    names : the study's `habitats.maps`
    tumour : (z, y, x) mask, non-zero inside
    """
    chosen = [maps.get(name) for name in names]
    present = [volume for volume in chosen if volume is not None]
    if len(present) < len(names):
        return Missing.NO_IMAGE
    if any(volume.shape != tumour.shape for volume in present):
        return Missing.GRIDS_DIFFER
    inside = np.asarray(tumour != 0)
    if not inside.any():
        return Missing.EMPTY_REGION
    inside = inside & np.logical_and.reduce([np.isfinite(volume) for volume in present])
    if not inside.any():
        return Missing.NOT_FINITE
    return VoxelVectors(np.stack([volume[inside] for volume in present], axis=1).astype(np.float64), inside)


def habitat_map(clusters: Clusters, voxels: VoxelVectors) -> NDArray[np.uint8]:
    """(z, y, x) habitat of each voxel from 1; 0 outside."""
    habitats = np.zeros(voxels.inside.shape, np.uint8)
    habitats[voxels.inside] = clusters.label(voxels.vectors)
    return habitats


def habitat_regions(habitats: NDArray[np.uint8], count: int) -> dict[str, Mask]:
    """Each habitat as a region, empty where the patient does not have it."""
    return {f"habitat_{number}": np.asarray(habitats == number) for number in range(1, count + 1)}


def habitat_names(count: int) -> tuple[str, ...]:
    """Names of the features of the habitats together."""
    fractions = [f"original_habitats_Fraction{number}" for number in range(1, count + 1)]
    return (*fractions, *(f"original_habitats_Contact{first}{second}" for first, second in _pairs(count)))


def habitat_features(habitats: NDArray[np.uint8] | Missing, spacing_mm: tuple[float, ...], count: int) -> Measured:
    """Volume fractions and contacts.

    Parameters
    ----------
    habitats : (z, y, x) from `habitat_map`, or why there are none
    spacing_mm : along each axis of the array
    count : number of habitats

    Returns
    -------
    `Fraction3`: share of the volume that is habitat 3. `Contact12`: share of the area between neighbouring voxels
    of different habitats that lies between habitats 1 and 2; missing where all voxels are of one habitat.
    """
    if isinstance(habitats, Missing):
        return dict.fromkeys(habitat_names(count), habitats)
    volumes = np.bincount(habitats[habitats > 0], minlength=count + 1)[1:]
    measured: Measured = {
        f"original_habitats_Fraction{number}": float(share)
        for number, share in enumerate(volumes / volumes.sum(), start=1)
    }
    areas = contact_areas_mm2(habitats, spacing_mm, count)
    between = float(sum(areas[first - 1, second - 1] for first, second in _pairs(count)))
    for first, second in _pairs(count):
        share = float(areas[first - 1, second - 1]) / between if between else Missing.UNDEFINED
        measured[f"original_habitats_Contact{first}{second}"] = share
    return measured


def contact_areas_mm2(habitats: NDArray[np.uint8], spacing_mm: tuple[float, ...], count: int) -> Array:
    """(k, k) area of the faces between neighbouring voxels of two habitats; symmetric."""
    areas = np.zeros((count + 1, count + 1))
    for axis, mm in enumerate(spacing_mm):
        lines = np.moveaxis(habitats, axis, 0).astype(np.intp)
        pairs = lines[:-1] * (count + 1) + lines[1:]
        counts = np.bincount(pairs.ravel(), minlength=(count + 1) ** 2).reshape(count + 1, count + 1)
        areas += counts * np.prod(spacing_mm) / mm
    both = areas + areas.T
    np.fill_diagonal(both, np.diag(areas))
    return np.asarray(both[1:, 1:])


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(first, second) for first in range(1, count + 1) for second in range(first + 1, count + 1)]
