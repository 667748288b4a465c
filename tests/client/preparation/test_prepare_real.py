"""Real volumes as NIfTI and NRRD through index, check and prepare: 20 patients of three vendors, and two cases more."""

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
import yaml

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping, Role, load
from client.imaging.ingest.patient_images import gather
from client.imaging.preprocess.itk import geometry_of
from client.imaging.preprocess.nearest import onto_grid
from client.imaging.volume import Geometry
from client.preparation.prepare import prepare
from client.quality.check import check
from client.site.site_file import Columns, Data, Site
from shared.sections.sequence import Sequence
from shared.study.study import Study
from tests.small_hospital import study

pytestmark = pytest.mark.real
MAPPING = {"series": [{"description": ".", "sequence": "t2"}]}
"""No study asks for a T1-weighted image of one time point: here it takes the place of the T2-weighted one."""


def asked() -> Study:
    imaging = {"sequences": ["t2"], "images": ["t2"], "steps": [{"step": "zscore"}]}
    return study(imaging=imaging, maps=[], radiomics={"preset": "ibsi", "log_sigma_mm": []})


def site(folder: Path, volumes: dict[str, tuple[Path, Path]]) -> Site:
    """A hospital whose exports are links to volumes and their masks, named as BIDS names them."""
    for patient, (image, mask) in volumes.items():
        place = folder / "in" / f"sub-{patient}" / "anat"
        place.mkdir(parents=True)
        suffix = "".join(image.suffixes)
        (place / f"sub-{patient}_T1w{suffix}").symlink_to(image)
        (place / f"sub-{patient}_label-tumour_mask{suffix}").symlink_to(mask)
    (folder / "mapping.yaml").write_text(yaml.safe_dump(MAPPING))
    rows = pd.DataFrame({"patient": list(volumes), "ihc": "0", "ish": ""})
    rows.to_csv(folder / "clinical.csv", index=False)
    data = Data(dicom=folder / "in", clinical=folder / "clinical.csv", mapping=folder / "mapping.yaml")
    return Site(name="here", data=data, columns=Columns(ihc="ihc", ish="ish"), workspace=folder / "workspace")


def as_read_by_simpleitk(here: Site, volumes: dict[str, tuple[Path, Path]]) -> None:
    """Voxels, grid and mask of every volume are those that SimpleITK's own reader finds."""
    assert here.data.dicom is not None
    assert here.data.mapping is not None
    index = Index(here.data.dicom, here.workspace / "index.sqlite")
    index.update()
    assert not index.faults()
    imaging = asked().imaging
    assert imaging is not None
    for patient, (image, mask) in volumes.items():
        images = gather(examine(index.patient(patient), load(here.data.mapping)), imaging, index.folder).images
        expected, voxels = right_handed(sitk.ReadImage(str(image)))
        found = images.single[Sequence.T2]
        assert found.geometry.agrees_with(expected, tolerance_mm=1e-3), patient
        np.testing.assert_array_equal(found.voxels, voxels.astype(np.float32))
        drawn = onto_grid(images.masks[Role.TUMOUR], images.grid, patient)
        np.testing.assert_array_equal(drawn, right_handed(sitk.ReadImage(str(mask)))[1] > 0)


def right_handed(image: sitk.Image) -> tuple[Geometry, np.ndarray]:
    """Grid and voxels with slices along the cross product of rows and columns, as DICOM has them."""
    grid, voxels = geometry_of(image), sitk.GetArrayFromImage(image)
    direction = np.reshape(grid.direction, (3, 3))
    if np.linalg.det(direction) > 0:
        return grid, voxels
    last = image.TransformIndexToPhysicalPoint((0, 0, image.GetSize()[2] - 1))
    turned = tuple((direction * [1, 1, -1]).ravel().tolist())
    return replace(grid, origin_mm=last, direction=turned), voxels[::-1]


def test_twenty_volumes_of_three_vendors(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    """All are read and checked; of each vendor the smallest tumour is prepared."""
    folder = real_data("sts_mr_t1")
    computed = sorted(folder.glob("*_image.nii.gz"))
    volumes = {one.name[:7].replace("_", ""): (one, Path(str(one).replace("_image", "_mask"))) for one in computed}
    assert len(volumes) == 20
    here = site(tmp_path / "all", volumes)
    as_read_by_simpleitk(here, volumes)
    checked = check(here, asked())
    assert checked.usable == 20
    ml = {patient.patient: patient.mask_ml or np.inf for patient in checked.patients}
    makers = pd.read_csv(folder / "scanners.csv", index_col="id")["manufacturer"].str.split().str[0].str.upper()
    smallest = {makers[f"{one[:3]}_{one[3:]}"]: one for one in sorted(ml, key=lambda one: -ml[one])}
    assert len(smallest) == 3
    outcome = prepare(site(tmp_path / "three", {name: volumes[name] for name in smallest.values()}), asked())
    assert (outcome.patients, outcome.failures) == (3, {})
    table = pd.read_parquet(outcome.table).set_index("patient")
    assert np.isfinite(table.select_dtypes("number")).all(axis=None)
    for one, row in table.iterrows():
        # as many millilitres on voxels of 1 mm as on the mask's own, but for its surface
        assert row["mask.tumour.original_shape_VoxelVolume"] / 1000 == pytest.approx(ml[str(one)], rel=0.05)


def test_cases_of_pyradiomics(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    folder = real_data("pyradiomics_cases")
    volumes = {one: (folder / f"{one}_image.nrrd", folder / f"{one}_label.nrrd") for one in ("breast1", "brain1")}
    here = site(tmp_path, volumes)
    as_read_by_simpleitk(here, volumes)
    assert check(here, asked()).usable == 2
    outcome = prepare(here, asked())
    assert (outcome.patients, outcome.failures) == (2, {})


def test_a_real_sagittal_series_lies_where_simpleitk_puts_it(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    with tarfile.open(real_data("breast_dce_ucsf") / "dicom_UCSF-BR-06.tar.gz") as archive:
        archive.extractall(tmp_path / "in", filter="data")
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")
    index.update()
    dynamic = examine(index.patient("UCSF-BR-06"), Mapping()).dynamic()
    assert len(dynamic.phases) == 3
    for phase in dynamic.phases:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames([str(index.folder / frame.path) for frame in phase.frames])
        expected, ours = reader.Execute(), pixels.load(phase, index.folder)
        assert ours.geometry.agrees_with(geometry_of(expected), tolerance_mm=1e-3)
        np.testing.assert_array_equal(ours.voxels, sitk.GetArrayFromImage(expected).astype(np.float32))
