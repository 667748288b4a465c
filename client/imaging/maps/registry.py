"""Every map by its name, and the one function that computes a request."""

from pydantic import TypeAdapter, ValidationError

from client.imaging.maps import (
    adc,
    apt_weighted,
    background_enhancement,
    ctrw,
    curve_type,
    dki,
    dki_tensor,
    extended_tofts,
    extended_tofts_linear,
    functional_tumour_volume,
    ivim,
    ivim_segmented,
    maximum_slope,
    patlak,
    percent_enhancement,
    restriction_spectrum,
    signal_enhancement_ratio,
    stretched_exponential,
    t1,
    time_dependent_diffusion,
    time_to_peak,
    tofts,
    vendor_map,
    wash_in,
    washout,
)
from client.imaging.maps.acquisition import Acquisition
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult
from shared.errors import Code, MrfedError
from shared.sections.maps import MapName, MapRequest

REGISTRY: dict[MapName, QuantitativeMap] = {
    MapName.PERCENT_ENHANCEMENT: percent_enhancement.MAP,
    MapName.WASH_IN: wash_in.MAP,
    MapName.WASHOUT: washout.MAP,
    MapName.SIGNAL_ENHANCEMENT_RATIO: signal_enhancement_ratio.MAP,
    MapName.CURVE_TYPE: curve_type.MAP,
    MapName.TIME_TO_PEAK: time_to_peak.MAP,
    MapName.MAXIMUM_SLOPE: maximum_slope.MAP,
    MapName.FUNCTIONAL_TUMOUR_VOLUME: functional_tumour_volume.MAP,
    MapName.BACKGROUND_ENHANCEMENT: background_enhancement.MAP,
    MapName.T1: t1.MAP,
    MapName.TOFTS: tofts.MAP,
    MapName.EXTENDED_TOFTS: extended_tofts.MAP,
    MapName.EXTENDED_TOFTS_LINEAR: extended_tofts_linear.MAP,
    MapName.PATLAK: patlak.MAP,
    MapName.ADC: adc.MAP,
    MapName.IVIM: ivim.MAP,
    MapName.IVIM_SEGMENTED: ivim_segmented.MAP,
    MapName.DKI: dki.MAP,
    MapName.DKI_TENSOR: dki_tensor.MAP,
    MapName.STRETCHED_EXPONENTIAL: stretched_exponential.MAP,
    MapName.CTRW: ctrw.MAP,
    MapName.RESTRICTION_SPECTRUM: restriction_spectrum.MAP,
    MapName.TIME_DEPENDENT_DIFFUSION: time_dependent_diffusion.MAP,
    MapName.APT_WEIGHTED: apt_weighted.MAP,
    MapName.VENDOR_MAP: vendor_map.MAP,
}

_REQUEST: TypeAdapter[MapRequest] = TypeAdapter(MapRequest)


def request_of(name: MapName, **settings: object) -> MapRequest:
    """Request of a map, with its default settings where none are given."""
    return _REQUEST.validate_python({"name": name, **settings})


def computable(acquired: Acquisition) -> list[MapName]:
    """Maps that this acquisition allows, with their default settings."""
    names = []
    for name, map_kind in REGISTRY.items():
        try:
            request = request_of(name)
        except ValidationError:  # a map that cannot be asked for without settings
            continue
        if map_kind.missing(acquired, request) is None:
            names.append(name)
    return names


def refusal(request: MapRequest, acquired: Acquisition) -> str | None:
    """Why a map cannot be computed of an acquisition, which maps of that series could be, and what to do; else None."""
    wanted = REGISTRY[request.name]
    missing = wanted.missing(acquired, request)
    if missing is None:
        return None
    alternatives = [name for name in computable(acquired) if REGISTRY[name].reads[0] is wanted.reads[0]]
    advice = (
        f"what is there allows: {', '.join(alternatives)}" if alternatives else "no map of such a series would work"
    )
    return (
        f"{acquired.where}: {request.name} needs {missing}; {advice}. "
        f"Leave maps.{request.name} out of the study, or export the full series"
    )


def compute(request: MapRequest, acquired: Acquisition) -> MapResult:
    """Compute one map of one patient.

    Raises
    ------
    MrfedError (DATA_MISSING) with what is missing and which other maps of that series would work.
    """
    text = refusal(request, acquired)
    if text is not None:
        raise MrfedError(Code.DATA_MISSING, text)
    return REGISTRY[request.name].compute(acquired, request)
