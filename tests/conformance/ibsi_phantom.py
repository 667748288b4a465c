"""The digital phantom of IBSI-1 by PyRadiomics' own way: what matches, differs by definition, or is not offered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import SimpleITK as sitk

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.settings import FEATURE_CLASSES, Settings
from tests.conformance.ibsi_tags import PYRADIOMICS, aggregated
from tests.conformance.reference import Comparison, Status, matched, references

# Aggregations that settings of PyRadiomics give. The matrices of zones, tones and dependences are not directional:
# in two dimensions PyRadiomics merges the slices.
_AGGREGATIONS = {
    "3D_avg": {},
    "3D_comb": {"weightingNorm": "no_weighting"},
    "3D": {},
    "2_5D_avg": {"force2D": True},
    "2_5D_comb": {"force2D": True, "weightingNorm": "no_weighting"},
    "2_5D": {"force2D": True},
    "": {},
}

_PHANTOM_VOXELS = 74


@dataclass(frozen=True)
class OtherDefinition:
    """Why PyRadiomics' value differs, and what turns it into IBSI's."""

    reason: str
    convert: Callable[[float], float]


_UNBIASED = OtherDefinition(
    "principal axes from the covariance of the voxels divided by N; IBSI divides by N - 1",
    lambda length: length * sqrt(_PHANTOM_VOXELS / (_PHANTOM_VOXELS - 1)),
)
OTHER_DEFINITIONS = {
    "firstorder_Kurtosis": OtherDefinition(
        "the fourth moment itself; IBSI subtracts the 3 of a normal distribution", lambda kurtosis: kurtosis - 3
    ),
    "shape_MajorAxisLength": _UNBIASED,
    "shape_MinorAxisLength": _UNBIASED,
    "shape_LeastAxisLength": _UNBIASED,
}


def compare(folder: Path) -> Iterator[Comparison]:
    """Every reference value that IBSI-1 gives for the phantom, against ours.

    Parameters
    ----------
    folder : phantom, mask and table of reference values
    """
    image = sitk.ReadImage(folder / "phantom.nii.gz")
    mask = sitk.GetArrayFromImage(sitk.ReadImage(folder / "mask.nii.gz"))
    voxels = sitk.GetArrayFromImage(image)
    measured = {}
    for aggregation, own in _AGGREGATIONS.items():
        settings = Settings(
            {
                "setting": {"binWidth": 1} | own,
                "imageType": {"Original": {}},
                "featureClass": dict.fromkeys(FEATURE_CLASSES),
            }
        )
        measured[aggregation] = extract(voxels, image.GetSpacing(), {"roi": mask}, settings)["roi"].values
    for reference in references(folder / "ibsi_1_dig_phantom.csv"):
        stem, aggregation = aggregated(reference.tag)
        feature = PYRADIOMICS.get(stem, "")
        value = measured.get(aggregation, {}).get(f"original_{feature}")
        status = Status.NOT_OFFERED
        if value is not None:
            status = _status(feature, value, reference.value, reference.tolerance)
        yield Comparison(reference.tag, reference.value, reference.tolerance, feature, value, status)


def _status(feature: str, value: float, reference: float, tolerance: float) -> Status:
    """Matched, or matched once converted."""
    if matched(value, reference, tolerance):
        return Status.MATCHED
    other = OTHER_DEFINITIONS.get(feature)
    if other is not None and matched(other.convert(value), reference, tolerance):
        return Status.BY_DEFINITION
    return Status.DIFFERS
