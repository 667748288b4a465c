"""The maps of one real patient against those that the vendor's software stored with the examination."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from client.imaging.maps.acquisition import Acquisition, Dynamic
from client.imaging.maps.registry import compute, request_of
from shared.sections.maps import MapName

pytestmark = pytest.mark.real

Volumes = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def stored(real_data: Callable[[str], Path]) -> tuple[Volumes, dict]:
    folder = real_data("breast_dce_ucsf")
    slices: dict[str, dict[int, NDArray[np.float32]]] = {}
    with tarfile.open(folder / "dicom_UCSF-BR-06.tar.gz") as archive:
        for member in archive:
            if "/image_dce" in member.name and member.name.endswith(".dcm"):
                image = pydicom.dcmread(archive.extractfile(member))
                slope = float(image.get("RescaleSlope") or 1)
                series = Path(member.name).parent.name
                pixels = image.pixel_array.astype(np.float32) * np.float32(slope)
                slices.setdefault(series, {})[int(image.InstanceNumber)] = pixels
    volumes = {name: np.stack([slice[key] for key in sorted(slice)]) for name, slice in slices.items()}
    expected = json.loads((folder / "expected.json").read_text())["UCSF-BR-06"]
    return volumes, expected


@pytest.fixture(scope="module")
def acquired(stored: tuple[Volumes, dict]) -> Acquisition:
    volumes, expected = stored
    phases = volumes["image_dce_3dfgre_orig"].reshape(3, 60, 256, 256)
    x0, y0, z0 = expected["voi_start_xyz_instance_order"]
    x1, y1, z1 = expected["voi_end_xyz_instance_order"]
    voi = np.zeros((60, 256, 256), dtype=bool)
    voi[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1] = True
    # ContentTime gives 407 and 761 s after the phase before contrast; the site declares what that means.
    dynamic = Dynamic(np.moveaxis(phases, 0, -1), (0.0, 146.0, 450.0), timing_assumed=True)
    voxel_ml = float(np.prod(expected["spacing"])) / 1000
    return Acquisition("UCSF-BR-06", (dynamic,), {"voi": voi}, voxel_ml)


def test_signal_enhancement_ratio_equals_the_vendors(stored: tuple[Volumes, dict], acquired: Acquisition) -> None:
    vendor = stored[0]["image_dce_ser"]
    ours = compute(request_of(MapName.SIGNAL_ENHANCEMENT_RATIO), acquired).volumes[0].values
    # Where the vendor stores zero it gave no ratio; at 3 it clips.
    judged = (vendor > 0) & (ours < 2.9)
    assert judged.sum() > 40_000
    assert np.abs(ours - vendor)[judged].max() < 0.002


def test_percent_enhancement_equals_the_vendors(stored: tuple[Volumes, dict], acquired: Acquisition) -> None:
    vendor, threshold = stored[0]["image_dce_pe1"], stored[1]["pre_contrast_threshold"]
    ours = compute(request_of(MapName.PERCENT_ENHANCEMENT), acquired).volumes[0].values
    # The vendor writes zero where the signal before contrast is under its threshold, and whole numbers elsewhere.
    tissue = acquired.get(Dynamic).signal[..., 0] >= threshold
    assert (vendor[~tissue] == 0).all()
    judged = tissue & (ours > 0)
    assert judged.sum() > 100_000
    assert np.abs(ours - vendor)[judged].max() < 1


def test_functional_tumour_volume_within_three_voxels(stored: tuple[Volumes, dict], acquired: Acquisition) -> None:
    expected = stored[1]
    request = request_of(
        MapName.FUNCTIONAL_TUMOUR_VOLUME,
        minimum_signal=expected["pre_contrast_threshold"],
        minimum_enhancement_percent=expected["pe_threshold_percent"],
    )
    result = compute(request, acquired)
    assert abs(int(result.volumes[0].values.sum()) - expected["expected_ftv_voxels"]) <= 3
    assert result.scalars[0].value == pytest.approx(expected["expected_ftv_cc"], abs=0.004)
    assert result.timing_assumed
