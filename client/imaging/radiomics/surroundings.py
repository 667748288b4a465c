"""How much of an image around a region decides the region's features."""

from collections.abc import Iterable

import numpy as np

from client.imaging.radiomics.box import Box, Mask, bounding_box, grown
from client.imaging.radiomics.domain import FILL_REACH
from client.imaging.radiomics.ibsi.grid import grid_of
from client.imaging.radiomics.ibsi.measure import needed_around
from client.imaging.radiomics.ibsi.settings import IbsiSettings
from client.imaging.radiomics.overlay import MARGIN_MM
from client.imaging.radiomics.resampling import SpacingMm
from client.imaging.radiomics.settings import AnySettings
from shared.sections.ibsi import GaborFilter

_LOCAL_FILTERS = {"Original", "LoG", "Wavelet"}


def needed(inside: Mask, spacing_mm: SpacingMm, settings: Iterable[AnySettings]) -> Box:
    """The part of a volume from which features of a region, or of any part of it, are the same to the last bit.

    Parameters
    ----------
    inside : (z, y, x) region, not empty
    spacing_mm : along each axis of the array
    settings : under which features are taken

    Returns
    -------
    box; that of all voxels where a setting asks for more than what lies near: normalization over the image, another
    grid (a spline has no end, and what has no value far away counts as the mean), filters that see the whole image
    """
    if not all(_near(setting, spacing_mm) for setting in settings):
        return tuple(slice(0, length) for length in inside.shape)
    # A picture shows the region with a margin.
    return tuple(
        grown((side,), max(FILL_REACH, int(np.ceil(MARGIN_MM / mm))), (length,))[0]
        for side, mm, length in zip(bounding_box(inside), spacing_mm, inside.shape, strict=True)
    )


def _near(settings: AnySettings, spacing_mm: SpacingMm) -> bool:
    if isinstance(settings, IbsiSettings):
        return _near_on_grid(settings, spacing_mm)
    setting = settings.setting
    wanted_mm = setting.get("resampledPixelSpacing")
    if wanted_mm is None or setting["interpolator"] is None or setting["normalize"] or settings.plugins:
        return False
    same = np.allclose([new or old for new, old in zip(wanted_mm[::-1], spacing_mm, strict=True)], spacing_mm)
    return bool(same) and setting["padDistance"] <= FILL_REACH and set(settings.image_types) <= _LOCAL_FILTERS


def _near_on_grid(settings: IbsiSettings, spacing_mm: SpacingMm) -> bool:
    # The centre of another grid is that of the whole image.
    grid = grid_of((1,) * len(spacing_mm), spacing_mm, settings.wanted_mm())
    around = needed_around(grid, settings)
    # Fourier transforms round differently over another box.
    transformed = "spatial" in settings.families or any(
        isinstance(image_filter, GaborFilter) for image_filter in settings.filters
    )
    near = around is not None and max(around) <= FILL_REACH
    return near and not grid.resampled and not settings.plugins and not transformed
