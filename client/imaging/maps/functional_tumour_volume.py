"""Functional tumour volume: strongly enhancing, connected tissue inside a volume of interest."""

import numpy as np
from numpy.typing import NDArray

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic, Mask
from client.imaging.maps.percent_enhancement import percent_enhancement
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Scalar, Volume
from shared.sections.maps import FunctionalTumourVolumeRequest

FUNCTIONAL_TUMOUR = Quantity("functional_tumour", "1", 0, 1)


def _neighbours(mask: Mask) -> NDArray[np.uint8]:
    """How many of the 26 neighbours of each voxel are set."""
    count = mask.astype(np.uint8)
    for axis in range(3):  # a 3 x 3 x 3 sum is three sums of three
        count = np.moveaxis(count, axis, 0)
        total = count.copy()
        total[1:] += count[:-1]
        total[:-1] += count[1:]
        count = np.moveaxis(total, 0, axis)
    return count - mask.astype(np.uint8)


def functional_tumour(
    before: Array,
    enhancement_percent: Array,
    voi: Mask,
    *,
    minimum_signal: float,
    minimum_enhancement_percent: float = 70,
    minimum_neighbours: int = 4,
) -> Mask:
    """Voxels of the functional tumour volume.

    A voxel belongs where its percent enhancement and its signal before contrast reach their thresholds, at
    least `minimum_neighbours` of its 26 neighbours (over the whole volume) do so too, and it lies in the
    volume of interest.

    Parameters
    ----------
    before : (z, y, x) signal before contrast
    enhancement_percent : (z, y, x) percent enhancement of the early phase
    voi : (z, y, x) volume of interest
    minimum_signal : in the unit of `before`

    Reference: Hylton et al., Radiology 263 (2012) 663; the rule of
    neighbours as UCSF's stored results show it.
    """
    passes = (enhancement_percent >= minimum_enhancement_percent) & (before >= minimum_signal)
    return passes & (_neighbours(passes) >= minimum_neighbours) & voi


def _need_voi(acquired: Acquisition, _: object) -> str | None:
    voi = acquired.regions.get("voi")
    if voi is None or not voi.any():
        return "a volume of interest around the tumour (regions: voi)"
    return None


def _need_three_dimensions(acquired: Acquisition, _: object) -> str | None:
    return None if acquired.get(Dynamic).signal.ndim == 4 else "a series of volumes (z, y, x, phases)"


def _need_voxel_volume(acquired: Acquisition, _: object) -> str | None:
    return None if acquired.voxel_volume_ml is not None else "the volume of a voxel (spacing)"


def _compute(acquired: Acquisition, settings: FunctionalTumourVolumeRequest) -> MapResult:
    dynamic, voi, voxel_ml = acquired.get(Dynamic), acquired.regions["voi"], acquired.voxel_volume_ml
    assert voxel_ml is not None
    before = phases.baseline(dynamic)
    minimum_signal = settings.minimum_signal
    if minimum_signal is None:
        minimum_signal = settings.minimum_signal_share * float(np.nanpercentile(before[voi], 95))
    mask = functional_tumour(
        before,
        percent_enhancement(before, dynamic.signal[..., phases.early(dynamic, settings)]),
        voi,
        minimum_signal=minimum_signal,
        minimum_enhancement_percent=settings.minimum_enhancement_percent,
        minimum_neighbours=settings.minimum_neighbours,
    )
    return MapResult(
        (Volume(FUNCTIONAL_TUMOUR, mask.astype(np.float32)),),
        scalars=(Scalar("functional_tumour_volume", "ml", float(mask.sum()) * voxel_ml),),
        timing_assumed=dynamic.timing_assumed,
    )


MAP = QuantitativeMap(
    reads=(Dynamic,),
    needs=(_need_three_dimensions, phases.need_baseline, phases.need_early, _need_voi, _need_voxel_volume),
    gives=(FUNCTIONAL_TUMOUR,),
    compute=_compute,
)
