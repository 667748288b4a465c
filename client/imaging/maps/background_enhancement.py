"""Background parenchymal enhancement of the breast without the tumour."""

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic, Mask
from client.imaging.maps.percent_enhancement import percent_enhancement
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Scalar
from shared.sections.maps import BackgroundEnhancementRequest


def background_enhancement(
    enhancement_percent: Array, fibroglandular: Mask, minimum_enhancement_percent: float = 20
) -> float:
    """Fraction of the fibroglandular tissue whose enhancement reaches a threshold.

    Parameters
    ----------
    enhancement_percent : (...) percent enhancement of the early phase
    fibroglandular : (...) fibroglandular tissue of the breast that is judged
    minimum_enhancement_percent : voxels from this on count as enhancing

    Returns
    -------
    Fraction between 0 and 1 of the voxels whose enhancement is a number; NaN where there are none

    Reference: Wu et al., Breast Cancer Research 17 (2015) 67.
    """
    values = enhancement_percent[fibroglandular]
    values = values[np.isfinite(values)]
    return float(np.mean(values >= minimum_enhancement_percent)) if values.size else float("nan")


def _need_fibroglandular(acquired: Acquisition, _: object) -> str | None:
    mask = acquired.regions.get("contralateral_fibroglandular")
    if mask is None or not mask.any():
        return "a mask of the other breast's fibroglandular tissue (regions: contralateral_fibroglandular)"
    return None


def _compute(acquired: Acquisition, settings: BackgroundEnhancementRequest) -> MapResult:
    dynamic = acquired.get(Dynamic)
    enhancement = percent_enhancement(phases.baseline(dynamic), dynamic.signal[..., phases.early(dynamic, settings)])
    fraction = background_enhancement(
        enhancement, acquired.regions["contralateral_fibroglandular"], settings.minimum_enhancement_percent
    )
    return MapResult(
        (),
        scalars=(Scalar("background_enhancement", "1", fraction),),
        timing_assumed=dynamic.timing_assumed,
    )


MAP = QuantitativeMap(
    reads=(Dynamic,),
    needs=(phases.need_baseline, phases.need_early, _need_fibroglandular),
    gives=(),
    compute=_compute,
)
