"""Features of the usable regions of one image by IBSI's definitions: grid, re-segmentation, filters, families."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Box, Mask, bounding_box, grown, shape_of, union, within
from client.imaging.radiomics.domain import Domain, fill_undefined
from client.imaging.radiomics.features import Measured
from client.imaging.radiomics.ibsi.discretization import Bins, Levels, discretize, number_of_bins
from client.imaging.radiomics.ibsi.filters.response import Surface, filtered, reach
from client.imaging.radiomics.ibsi.grid import Grid, grid_of, interpolate, interpolate_mask, region_box
from client.imaging.radiomics.ibsi.histogram import entropy_and_uniformity, histogram
from client.imaging.radiomics.ibsi.intensity_mask import Range, intensity_mask
from client.imaging.radiomics.ibsi.local_intensity import SPHERE_RADIUS_MM, local_intensity
from client.imaging.radiomics.ibsi.morphology import centre_of_mass_shift, mesh, morphology
from client.imaging.radiomics.ibsi.settings import FAMILIES, VOLUME_BINS, IbsiSettings
from client.imaging.radiomics.ibsi.spatial_autocorrelation import spatial_autocorrelation
from client.imaging.radiomics.ibsi.statistics import statistics
from client.imaging.radiomics.ibsi.texture.cooccurrence import cooccurrence
from client.imaging.radiomics.ibsi.texture.dependence import dependence
from client.imaging.radiomics.ibsi.texture.run_length import run_length
from client.imaging.radiomics.ibsi.texture.tone_difference import tone_difference
from client.imaging.radiomics.ibsi.texture.zones import distance_zone, size_zone
from client.imaging.radiomics.ibsi.volume_histogram import volume_histogram
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.resampling import SpacingMm
from client.imaging.radiomics.usable import unfit_region, unfit_values
from shared.sections.ibsi import Aggregation

# 1000 levels make a co-occurrence matrix of 100 MB over the 13 directions.
_MOST_GREY_LEVELS = 1000
# Families of intensities; the others are of grey levels, as are two features of the first.
_OF_INTENSITIES = ("firstorder", "ivh", "spatial")
_DISCRETIZED = ("Entropy", "Uniformity")


@dataclass(frozen=True)
class Binning:
    """Grey levels of an image.

    Parameters
    ----------
    bins : for textures and the histogram
    volume_bins : for the intensity-volume histogram
    intensity_range : of re-segmentation, where it bounds this image's intensities
    """

    bins: Bins
    volume_bins: Bins
    intensity_range: Range = (None, None)


@dataclass(frozen=True)
class Region:
    """A region of an image on the grid, and what is measured in it.

    Parameters
    ----------
    voxels : (z, y, x) the image or its response to a filter, with what lies around the region
    shape : (z, y, x) the region
    measured : (z, y, x) its voxels that re-segmentation has left
    spacing_mm : along each axis of the arrays
    binning : of this image
    """

    voxels: NDArray[np.float64]
    shape: Mask
    measured: Mask
    spacing_mm: SpacingMm
    binning: "Binning"

    @property
    def values(self) -> NDArray[np.float64]:
        """(n,) intensities that are measured."""
        return self.voxels[self.measured]


def measure_ibsi(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, regions: Mapping[str, Mask], settings: IbsiSettings
) -> dict[str, Measured | Missing]:
    """Features of usable regions, without those of plug-ins.

    Parameters
    ----------
    voxels : (z, y, x), finite in all regions
    spacing_mm : along each axis of the array
    regions : name -> (z, y, x) mask
    settings : what is taken and how

    Returns
    -------
    region -> features by name, or why there are none on the grid
    """
    measured: dict[str, Measured | Missing] = {}
    usable: dict[str, tuple[Domain, Mask]] = {}
    grid = grid_of(voxels.shape, spacing_mm, settings.wanted_mm())
    for region, domain in ibsi_domains(voxels, grid, regions, settings, needed_around(grid, settings)).items():
        kept = intensity_mask(domain.voxels, domain.inside, settings.intensity_range, settings.processing.outlier_sigma)
        why = unfit_region(domain.inside, settings) or unfit_region(kept, settings)
        why = why or unfit_values(domain.voxels, kept)
        if why is not None:
            measured[region] = why
            continue
        measured[region] = {}
        usable[region] = domain, kept
        if "shape" in settings.families:
            measured[region] = shape_of_region(domain.inside, domain.spacing_mm)
    if not usable:
        return measured
    some = next(domain for domain, _ in usable.values())
    for name, response, binning in _images(some, settings):
        for region, (domain, kept) in usable.items():
            of_region = measured[region]
            assert isinstance(of_region, dict)
            box = bounding_box(domain.inside)
            if "spatial" in settings.families:
                box = _around(box, _steps(SPHERE_RADIUS_MM, domain.spacing_mm), domain.inside.shape)
            part = Region(response[box], domain.inside[box], kept[box], domain.spacing_mm, binning)
            of_region |= {f"{name}_{feature}": value for feature, value in _features(part, settings)}
    return measured


def ibsi_domains(
    voxels: NDArray[np.floating],
    grid: Grid,
    regions: Mapping[str, Mask],
    settings: IbsiSettings,
    around: tuple[int, ...] | None,
) -> dict[str, Domain]:
    """The voxels on the grid that decide the features of the regions, one array for all of them.

    Parameters
    ----------
    voxels : (z, y, x), finite in all regions
    grid : over the image
    regions : name -> (z, y, x) mask, none empty
    settings : how the image is interpolated
    around : voxels of the grid around a region that its features depend on, along each axis; None for all

    Returns
    -------
    region -> domain; the region may be empty there, where interpolation has lost a small one
    """
    filled = fill_undefined(voxels, union(bounding_box(inside) for inside in regions.values()))
    own = {region: region_box(inside, grid) for region, inside in regions.items()}
    box = tuple(slice(0, length) for length in grid.new_shape)
    if around is not None:
        box = _around(union(own.values()), around, grid.new_shape)
    image = interpolate(filled, grid, box, settings.processing.interpolation)
    if settings.processing.round_intensities:
        image = np.rint(image)
    return {
        region: Domain(image, grid.new_spacing_mm, _on_grid(inside, grid, own[region], box))
        for region, inside in regions.items()
    }


def shape_on_grid(inside: Mask, spacing_mm: SpacingMm, settings: IbsiSettings) -> tuple[Mask, SpacingMm]:
    """A region on the grid, in a box around it, and the grid's spacing."""
    grid = grid_of(inside.shape, spacing_mm, settings.wanted_mm())
    return interpolate_mask(inside, grid, region_box(inside, grid)), grid.new_spacing_mm


def shape_of_region(inside: Mask, spacing_mm: SpacingMm) -> Measured:
    """Shape of a region on the grid, as `original_shape_Feature`."""
    values = morphology(inside[bounding_box(inside)], spacing_mm)
    return {f"original_shape_{name}": _or_missing(value) for name, value in values.items()}


def _on_grid(inside: Mask, grid: Grid, own: Box, box: Box) -> Mask:
    on_grid = np.zeros(shape_of(box), np.bool_)
    on_grid[within(own, box)] = interpolate_mask(inside, grid, own)
    return on_grid


def _around(box: Box, steps: tuple[int, ...], shape: tuple[int, ...]) -> Box:
    """The box with voxels around it, as far as the volume goes."""
    return tuple(grown((side,), far, (length,))[0] for side, far, length in zip(box, steps, shape, strict=True))


def _steps(reach_mm: float, spacing_mm: SpacingMm) -> tuple[int, ...]:
    return tuple(int(np.ceil(reach_mm / mm)) for mm in spacing_mm)


def needed_around(grid: Grid, settings: IbsiSettings) -> tuple[int, ...] | None:
    """Voxels around a region that its features depend on, along each axis; None for the whole image."""
    farthest = [0] * len(grid.new_spacing_mm)
    for image_filter in settings.filters:
        steps = reach(image_filter, grid.new_spacing_mm, settings.processing.boundary)
        if steps is None:
            return None
        farthest = [max(far, steps) for far in farthest]
    if "spatial" in settings.families:
        # of every response, the peaks around the region
        farthest = [
            far + step for far, step in zip(farthest, _steps(SPHERE_RADIUS_MM, grid.new_spacing_mm), strict=True)
        ]
    return tuple(farthest)


def _images(domain: Domain, settings: IbsiSettings) -> Iterator[tuple[str, NDArray[np.float64], Binning]]:
    """Name, voxels and grey levels of the image and of each response to a filter."""
    if not set(settings.families) - {"shape"}:
        return
    voxels = np.asarray(domain.voxels, np.float64)
    yield "original", voxels, Binning(settings.bins, settings.volume_bins, settings.intensity_range)
    surface = Surface(voxels, domain.spacing_mm, settings.within_slices, settings.processing.boundary)
    for image_filter in settings.filters:
        yield (
            image_filter.name,
            filtered(image_filter, surface),
            Binning(settings.filtered_bins, Bins(count=VOLUME_BINS)),
        )


def _features(region: Region, settings: IbsiSettings) -> Iterator[tuple[str, float | Missing]]:
    """Features of all families but shape, as `family_Feature`."""
    values = region.values
    wanted = [name for name in FAMILIES if name in settings.families and name != "shape"]
    if values.min() == values.max():
        for family in wanted:
            yield from ((f"{family}_{name}", Missing.CONSTANT) for name in FAMILIES[family])
        return
    lowest = region.binning.intensity_range[0]
    without_texture, levels = None, None
    if number_of_bins(values, region.binning.bins, lowest) > _MOST_GREY_LEVELS:
        without_texture = Missing.TOO_MANY_GREY_LEVELS
    else:
        levels = discretize(region.voxels, region.measured, region.binning.bins, lowest)
        inside = levels.matrix[region.measured]
        if inside.min() == inside.max():
            without_texture = Missing.ONE_GREY_LEVEL
    for family in wanted:
        if family in _OF_INTENSITIES:
            measured = _INTENSITIES[family](region)
            if family == "firstorder":
                discretized = dict.fromkeys(_DISCRETIZED, np.nan)
                if levels is not None:
                    discretized = entropy_and_uniformity(levels.matrix[region.measured])
                for name, value in discretized.items():
                    yield f"{family}_{name}", without_texture or _or_missing(value)
        elif without_texture is not None or levels is None:
            assert without_texture is not None
            yield from ((f"{family}_{name}", without_texture) for name in FAMILIES[family])
            continue
        else:
            measured = _LEVELS[family](region, levels, settings.processing.aggregation)
        yield from ((f"{family}_{name}", _or_missing(value)) for name, value in measured.items())


def _or_missing(value: float) -> float | Missing:
    return value if np.isfinite(value) else Missing.UNDEFINED


def _spatial(region: Region) -> dict[str, float]:
    _, volume = mesh(region.shape, region.spacing_mm)
    return {
        **local_intensity(region.voxels, region.measured, region.spacing_mm),
        "CentreOfMassShift": centre_of_mass_shift(region.voxels, region.shape, region.measured, region.spacing_mm),
        "IntegratedIntensity": volume * float(region.values.mean()),
        **spatial_autocorrelation(region.voxels, region.measured, region.spacing_mm),
    }


def _levels_of(region: Region, levels: Levels, _: Aggregation) -> dict[str, float]:
    return histogram(levels.matrix[region.measured], levels.count)


_INTENSITIES: dict[str, Callable[[Region], dict[str, float]]] = {
    "firstorder": lambda region: statistics(region.values),
    "ivh": lambda region: volume_histogram(region.values, region.binning.volume_bins, region.binning.intensity_range),
    "spatial": _spatial,
}
_LEVELS: dict[str, Callable[[Region, Levels, Aggregation], dict[str, float]]] = {
    "histogram": _levels_of,
    "glcm": lambda _, levels, aggregation: cooccurrence(levels, aggregation),
    "glrlm": lambda _, levels, aggregation: run_length(levels, aggregation),
    "glszm": lambda _, levels, aggregation: size_zone(levels, aggregation),
    "gldzm": lambda region, levels, aggregation: distance_zone(levels, region.shape, aggregation),
    "ngtdm": lambda _, levels, aggregation: tone_difference(levels, aggregation),
    "gldm": lambda _, levels, aggregation: dependence(levels, aggregation),
}
