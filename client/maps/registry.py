"""Every map by its name, and the one function that computes a request."""

from pydantic import TypeAdapter

from client.maps import adc, functional_tumour_volume, percent_enhancement
from client.maps.acquisition import Acquisition
from client.maps.quantitative_map import QuantitativeMap
from client.maps.quantity import MapResult
from shared.errors import Code, MrfedError
from shared.sections.maps import MapName, MapRequest

REGISTRY: dict[MapName, QuantitativeMap] = {
    MapName.PERCENT_ENHANCEMENT: percent_enhancement.MAP,
    MapName.FUNCTIONAL_TUMOUR_VOLUME: functional_tumour_volume.MAP,
    MapName.ADC: adc.MAP,
}

_REQUEST: TypeAdapter[MapRequest] = TypeAdapter(MapRequest)


def request_of(name: MapName) -> MapRequest:
    """Request of a map with its default settings."""
    return _REQUEST.validate_python({"name": name})


def computable(acquired: Acquisition) -> list[MapName]:
    """Maps that this acquisition allows, with their default settings."""
    return [name for name, one in REGISTRY.items() if one.missing(acquired, request_of(name)) is None]


def compute(request: MapRequest, acquired: Acquisition) -> MapResult:
    """Compute one map of one patient.

    Raises
    ------
    MrfedError (DATA_MISSING) with what is missing and which other maps of that series would work.
    """
    wanted = REGISTRY[request.name]
    missing = wanted.missing(acquired, request)
    if missing is not None:
        others = [name for name in computable(acquired) if REGISTRY[name].reads[0] is wanted.reads[0]]
        advice = (
            f"what is there allows: {', '.join(others)}" if others else "no map of such a series would work"
        )
        raise MrfedError(
            Code.DATA_MISSING,
            f"{acquired.where}: {request.name} needs {missing}; {advice}. "
            f"Leave maps.{request.name} out of the study, or export the full series",
        )
    return wanted.compute(acquired, request)
