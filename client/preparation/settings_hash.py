"""The settings hash: everything that decides a feature's value. Sites whose hash differs enter no common model."""

from collections import Counter
from collections.abc import Mapping

from client.imaging.maps.functional_tumour_volume import FUNCTIONAL_TUMOUR
from client.imaging.maps.registry import REGISTRY
from client.imaging.maps.vendor_map import QUANTITIES
from client.imaging.radiomics.settings import digest_of
from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.imaging import ImageName
from shared.sections.maps import VendorMapRequest
from shared.study.study import Study

_PIPELINE = 1
"""Raised when the way from files to features changes a number that the settings do not tell."""


def map_names(study: Study) -> tuple[str, ...]:
    """Quantitative maps of which features are taken; the functional tumour volume is a mask, not a map.

    Raises
    ------
    MrfedError (STUDY_INVALID) where two of the study's maps give the same quantity.
    """
    names: list[str] = []
    for request in study.maps:
        if isinstance(request, VendorMapRequest):
            names.append(QUANTITIES[request.quantity].name)
        else:
            names += [quantity.name for quantity in REGISTRY[request.name].gives]
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise MrfedError(
            Code.STUDY_INVALID,
            f"study {study.name}: maps gives {', '.join(twice)} more than once; keep one of the models that give it",
        )
    return tuple(name for name in names if name != FUNCTIONAL_TUMOUR.name)


def settings_hash(study: Study, standards: Mapping[ImageName, tuple[float, ...]] | None = None) -> str:
    """SHA-256 over imaging, maps and radiomics settings and the versions of what computes them.

    Parameters
    ----------
    study : with images; of a network's study the crops, which the study settles, are no part
    standards : standard histograms, where the study asks for them
    """
    assert study.imaging is not None
    radiomics = study.radiomics and digest_of(study.radiomics, study.imaging.images, map_names(study))
    return document.digest(
        {
            "pipeline": _PIPELINE,
            "standards": {name.value: list(values) for name, values in (standards or {}).items()},
            "imaging": study.imaging.model_dump(mode="json"),
            "maps": [request.model_dump(mode="json") for request in study.maps],
            "radiomics": radiomics,
        }
    )
