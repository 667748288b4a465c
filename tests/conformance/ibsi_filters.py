"""The filters of IBSI-2 under preset `ibsi`: response maps of digital phantoms, and features of filtered CT.

Reference: IBSI-2 reference manual, arXiv:2006.05470, and Whybra et al., Radiology 310 (2024) e231319: tables of the
tests of both phases. The maps that a folder holds are compared; a voxel may differ by 1 % of the map's range.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydantic import TypeAdapter

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.ibsi.discretization import Bins
from client.imaging.radiomics.ibsi.filters.response import Surface, filtered
from client.imaging.radiomics.ibsi.settings import IbsiSettings
from shared.sections.ibsi import Aggregation, Boundary, Filter, Ibsi
from tests.conformance.ibsi_configurations import Phantom
from tests.conformance.ibsi_tags import IBSI
from tests.conformance.reference import Comparison, Status, matched

ALLOWED_SHARE = 0.01
"""Of a map's range, by which a voxel may differ."""
_FILTER: TypeAdapter[Filter] = TypeAdapter(Filter)


def _filter(**asked: object) -> Filter:
    return _FILTER.validate_python(asked)


@dataclass(frozen=True)
class Response:
    """A test of phase 1: a filter over a phantom."""

    phantom: str
    asked: Filter
    boundary: Boundary
    within_slices: bool = False


_MEAN = _filter(filter="mean", support=15)
_A_LAWS = {"filter": "laws", "kernels": "E5L5S5", "energy_distance": None}
_B_LAWS = {**_A_LAWS, "kernels": "E3W5R5"}
_C_LAWS = {**_A_LAWS, "kernels": "L5S5"}
_ALONE: dict[str, object] = {"rotation_invariant": False}
_ENERGY: dict[str, object] = {"energy_distance": 7}
_A_GABOR = {"filter": "gabor", "sigma_mm": 10, "wavelength_mm": 4, "aspect": 0.5}
_B_GABOR = {"filter": "gabor", "sigma_mm": 20, "wavelength_mm": 8, "aspect": 2.5}
_DB2 = {"filter": "wavelet", "family": "db2", "bands": "LHL"}
_COIF1 = {"filter": "wavelet", "family": "coif1", "bands": "HHL"}
_HAAR = {"filter": "wavelet", "family": "haar", "level": 2}
_ZERO, _MIRROR, _PERIODIC = Boundary.ZERO, Boundary.MIRROR, Boundary.PERIODIC

RESPONSES = {
    "1_a_1": Response("checkerboard", _MEAN, _ZERO),
    "1_a_2": Response("checkerboard", _MEAN, Boundary.NEAREST),
    "1_a_3": Response("checkerboard", _MEAN, _PERIODIC),
    "1_a_4": Response("checkerboard", _MEAN, _MIRROR),
    "1_b_1": Response("impulse", _MEAN, _ZERO, within_slices=True),
    "2_a": Response("impulse", _filter(filter="log", sigma_mm=3), _ZERO),
    "2_b": Response("checkerboard", _filter(filter="log", sigma_mm=5), _MIRROR),
    "2_c": Response("checkerboard", _filter(filter="log", sigma_mm=5), _MIRROR, within_slices=True),
    "3_a_1": Response("impulse", _filter(**_A_LAWS | _ALONE), _ZERO),
    "3_a_2": Response("impulse", _filter(**_A_LAWS), _ZERO),
    "3_a_3": Response("impulse", _filter(**_A_LAWS | _ENERGY), _ZERO),
    "3_b_1": Response("checkerboard", _filter(**_B_LAWS | _ALONE), _MIRROR),
    "3_b_2": Response("checkerboard", _filter(**_B_LAWS), _MIRROR),
    "3_b_3": Response("checkerboard", _filter(**_B_LAWS | _ENERGY), _MIRROR),
    "3_c_1": Response("checkerboard", _filter(**_C_LAWS | _ALONE), _MIRROR, within_slices=True),
    "3_c_2": Response("checkerboard", _filter(**_C_LAWS), _MIRROR, within_slices=True),
    "3_c_3": Response("checkerboard", _filter(**_C_LAWS | _ENERGY), _MIRROR, within_slices=True),
    "4_a_1": Response("impulse", _filter(**_A_GABOR | _ALONE, angle_degrees=60, step_degrees=None), _ZERO),
    "4_a_2": Response("impulse", _filter(**_A_GABOR, step_degrees=45), _ZERO),
    "4_b_1": Response("sphere", _filter(**_B_GABOR | _ALONE, angle_degrees=225, step_degrees=None), _MIRROR),
    "4_b_2": Response("sphere", _filter(**_B_GABOR, step_degrees=22.5), _MIRROR),
    "5_a_1": Response("impulse", _filter(**_DB2 | _ALONE), _ZERO),
    "5_a_2": Response("impulse", _filter(**_DB2), _ZERO),
    "6_a_1": Response("sphere", _filter(**_COIF1 | _ALONE), _PERIODIC),
    "6_a_2": Response("sphere", _filter(**_COIF1), _PERIODIC),
    "7_a_1": Response("checkerboard", _filter(**_HAAR, bands="LLL"), _MIRROR),
    "7_a_2": Response("checkerboard", _filter(**_HAAR, bands="HHH"), _MIRROR),
    "8_a_1": Response("checkerboard", _filter(filter="simoncelli", level=1), _PERIODIC),
    "8_a_2": Response("checkerboard", _filter(filter="simoncelli", level=2), _PERIODIC),
    "8_a_3": Response("checkerboard", _filter(filter="simoncelli", level=3), _PERIODIC),
}


def respond(asked: Response, folder: Path) -> NDArray[np.float64]:
    """(z, y, x) response over a phantom of a folder."""
    image = sitk.ReadImage(folder / f"{asked.phantom}.nii.gz")
    voxels = sitk.GetArrayFromImage(image).astype(np.float64)
    return filtered(asked.asked, Surface(voxels, image.GetSpacing()[::-1], asked.within_slices, asked.boundary))


@dataclass(frozen=True)
class MapDifference:
    """A response map against its reference."""

    test: str
    largest: float
    """Of all voxels, as a share of the reference's range."""
    beyond: float
    """Share of the voxels that differ by more than is allowed."""


def compare_maps(folder: Path) -> Iterator[MapDifference]:
    """Every response map that the folder holds a reference for."""
    for test, asked in RESPONSES.items():
        file = folder / "responses" / f"{test}.nii.gz"
        if file.exists():
            reference = sitk.GetArrayFromImage(sitk.ReadImage(file)).astype(np.float64)
            share = np.abs(respond(asked, folder / "phantoms") - reference) / np.ptp(reference)
            yield MapDifference(test, float(share.max()), float((share > ALLOWED_SHARE).mean()))


_FILTERED: Mapping[str, tuple[Mapping[str, object], Mapping[str, object]]] = {
    # test -> filter in slices (A), in the volume (B)
    "2": ({"filter": "mean"}, {"filter": "mean"}),
    "3": ({"filter": "log", "sigma_mm": 1.5}, {"filter": "log", "sigma_mm": 1.5}),
    "4": ({"filter": "laws", "kernels": "L5E5"}, {"filter": "laws", "kernels": "L5E5E5"}),
    "5": (
        {"filter": "gabor", "sigma_mm": 5, "wavelength_mm": 2, "aspect": 1.5},
        {"filter": "gabor", "sigma_mm": 5, "wavelength_mm": 2, "aspect": 1.5},
    ),
    "6": (
        {"filter": "wavelet", "family": "db3", "bands": "LH"},
        {"filter": "wavelet", "family": "db3", "bands": "LLH"},
    ),
    "7": (
        {"filter": "wavelet", "family": "db3", "bands": "HH", "level": 2},
        {"filter": "wavelet", "family": "db3", "bands": "HHH", "level": 2},
    ),
    "8": ({"filter": "simoncelli"}, {"filter": "simoncelli"}),
    "9": ({"filter": "simoncelli", "level": 2}, {"filter": "simoncelli", "level": 2}),
}


def settings(test: str) -> IbsiSettings:
    """Settings of a test of phase 2: `3.A` in slices, `3.B` on a grid of 1 mm."""
    number, way = test.split(".")
    in_slices = way == "A"
    filters = (_filter(**_FILTERED[number][0 if in_slices else 1]),) if number in _FILTERED else ()
    return IbsiSettings(
        processing=Ibsi(
            spacing_mm=None if in_slices else 1.0,
            round_intensities=True,
            aggregation=Aggregation.SLICES_MERGED if in_slices else Aggregation.VOLUME_MERGED,
        ),
        bins=Bins(count=32),
        volume_bins=Bins(),
        intensity_range=(-1000, 400),
        filters=filters,
        families=("firstorder",),
    )


def compare_features(phantom: Phantom, table: Path, tests: tuple[str, ...] = ()) -> Iterator[tuple[str, Comparison]]:
    """Test and comparison of every reference value of filtered CT.

    Parameters
    ----------
    phantom : the CT phantom of IBSI-1
    table : reference values
    tests : which; empty for all
    """
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["consensus_value"]]
    for test in tests or tuple(dict.fromkeys(row["filter_id"] for row in rows)):
        chosen = settings(test)
        image = chosen.filters[0].name if chosen.filters else "original"
        measured = extract(phantom.voxels, phantom.spacing_mm, {"roi": phantom.inside}, chosen)["roi"].values
        for row in rows:
            if row["filter_id"] == test:
                tag, feature = row["feature_tag"], IBSI[row["feature_tag"]]
                reference, tolerance = float(row["consensus_value"]), float(row["tolerance"])
                value = measured[f"{image}_{feature}"]
                status = Status.MATCHED if matched(value, reference, tolerance) else Status.DIFFERS
                yield test, Comparison(tag, reference, tolerance, feature, value, status)
