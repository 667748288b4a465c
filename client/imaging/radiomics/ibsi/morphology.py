"""Shape and size of a region, from its surface mesh and its voxels.

Reference: IBSI reference manual, arXiv:1612.07003, "Morphological features" (HCUG).
"""

import numpy as np
from numpy.typing import NDArray
from radiomics import cShape
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.resampling import SpacingMm

_LEGENDRE_TERMS = 20

MORPHOLOGY = (
    "MeshVolume",
    "VoxelVolume",
    "SurfaceArea",
    "SurfaceVolumeRatio",
    "Compactness1",
    "Compactness2",
    "SphericalDisproportion",
    "Sphericity",
    "Asphericity",
    "Maximum3DDiameter",
    "MajorAxisLength",
    "MinorAxisLength",
    "LeastAxisLength",
    "Elongation",
    "Flatness",
    "VolumeDensityBox",
    "AreaDensityBox",
    "VolumeDensityEllipsoid",
    "AreaDensityEllipsoid",
    "VolumeDensityConvexHull",
    "AreaDensityConvexHull",
)


def morphology(inside: Mask, spacing_mm: SpacingMm) -> dict[str, float]:
    """Features of a region's shape.

    Parameters
    ----------
    inside : (z, y, x), cropped to the region, not empty
    spacing_mm : along each axis of the array

    Returns
    -------
    each of `MORPHOLOGY`, lengths in mm; NaN where a flat region has none
    """
    area, volume = mesh(inside, spacing_mm)
    vertices = surface_vertices(inside, spacing_mm)
    hull = ConvexHull(vertices)
    corners = vertices[hull.vertices]
    major, minor, least = axis_lengths(inside, spacing_mm)
    sides = np.ptp(vertices, axis=0)
    box_area = 2 * (sides[0] * sides[1] + sides[0] * sides[2] + sides[1] * sides[2])
    sphericity = (36 * np.pi * volume**2) ** (1 / 3) / area
    ellipsoid_volume, ellipsoid_area = ellipsoid(major / 2, minor / 2, least / 2)
    return {
        "MeshVolume": float(volume),
        "VoxelVolume": float(np.count_nonzero(inside) * np.prod(spacing_mm)),
        "SurfaceArea": float(area),
        "SurfaceVolumeRatio": float(area / volume),
        "Compactness1": float(volume / (np.sqrt(np.pi) * area**1.5)),
        "Compactness2": float(36 * np.pi * volume**2 / area**3),
        "SphericalDisproportion": float(1 / sphericity),
        "Sphericity": float(sphericity),
        "Asphericity": float(1 / sphericity - 1),
        "Maximum3DDiameter": float(pdist(corners).max()),
        "MajorAxisLength": major,
        "MinorAxisLength": minor,
        "LeastAxisLength": least,
        "Elongation": minor / major if major else np.nan,
        "Flatness": least / major if major else np.nan,
        "VolumeDensityBox": float(volume / np.prod(sides)),
        "AreaDensityBox": float(area / box_area),
        "VolumeDensityEllipsoid": float(volume / ellipsoid_volume) if ellipsoid_volume else np.nan,
        "AreaDensityEllipsoid": float(area / ellipsoid_area) if ellipsoid_area else np.nan,
        "VolumeDensityConvexHull": float(volume / hull.volume),
        "AreaDensityConvexHull": float(area / hull.area),
    }


def mesh(inside: Mask, spacing_mm: SpacingMm) -> tuple[float, float]:
    """Surface in mm² and volume in mm³ of the mesh that marching cubes lay at half of a mask."""
    # A margin of voxels outside closes the mesh.
    padded = np.pad(inside, 1).astype(np.int8)
    area, volume, _ = cShape.calculate_coefficients(padded, np.asarray(spacing_mm, np.float64))
    return float(area), float(volume)


def surface_vertices(inside: Mask, spacing_mm: SpacingMm) -> NDArray[np.float64]:
    """(n, 3) vertices of the mesh in mm: half-way between each voxel inside and its neighbours outside."""
    padded = np.pad(inside, 1)
    vertices = []
    for axis in range(inside.ndim):
        crossings = np.argwhere(np.diff(padded, axis=axis)).astype(np.float64)
        crossings[:, axis] += 0.5
        vertices.append(crossings)
    return np.asarray(np.concatenate(vertices) * np.asarray(spacing_mm))


def axis_lengths(inside: Mask, spacing_mm: SpacingMm) -> tuple[float, float, float]:
    """Lengths of the principal axes of the voxels' centres, the longest first: four standard deviations each."""
    if np.count_nonzero(inside) < 2:
        return 0.0, 0.0, 0.0
    centres = np.argwhere(inside) * np.asarray(spacing_mm)
    variances = np.linalg.eigvalsh(np.cov(centres.T))[::-1]
    # A flat region has a variance of zero, up to round-off on either side.
    variances = np.where(variances > 1e-12 * variances[0], variances, 0)
    major, minor, least = (4 * np.sqrt(variances)).tolist()
    return major, minor, least


def ellipsoid(a: float, b: float, c: float) -> tuple[float, float]:
    """Volume of an ellipsoid with semi-axes a >= b >= c, and its surface as IBSI approximates it.

    Reference: IBSI reference manual, arXiv:1612.07003, RDD2: 4 pi a b times the sum of
    (alpha beta)^n / (1 - 4 n^2) P_n((alpha^2 + beta^2) / (2 alpha beta)) over n up to 20. The product of power and
    Legendre polynomial is taken by its recurrence, which stands where alpha or beta is zero, too.
    """
    if a == 0:
        return 0.0, 0.0
    alpha, beta = 1 - (b / a) ** 2, 1 - (c / a) ** 2
    half_sum, product = (alpha + beta) / 2, alpha * beta
    before, term, total = 0.0, 1.0, 1.0
    for n in range(_LEGENDRE_TERMS):
        before, term = term, ((2 * n + 1) * half_sum * term - n * product * before) / (n + 1)
        total += term / (1 - 4 * (n + 1) ** 2)
    return 4 / 3 * np.pi * a * b * c, 4 * np.pi * a * b * total


def centre_of_mass_shift(voxels: NDArray[np.floating], shape: Mask, measured: Mask, spacing_mm: SpacingMm) -> float:
    """Distance in mm between the centre of a region and that of its intensities.

    Parameters
    ----------
    voxels : (z, y, x)
    shape : (z, y, x) the region
    measured : (z, y, x) its voxels whose intensities are measured
    spacing_mm : along each axis of the arrays
    """
    weights = np.asarray(voxels[measured], np.float64)
    if not weights.sum():
        return np.nan
    centre = np.argwhere(shape).mean(axis=0)
    weighted = weights @ np.argwhere(measured) / weights.sum()
    return float(np.linalg.norm((centre - weighted) * np.asarray(spacing_mm)))
