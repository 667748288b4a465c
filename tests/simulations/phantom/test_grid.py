"""Voxel grids lie where DICOM's Image Plane says, and where SimpleITK puts them."""

import numpy as np
import pytest
import SimpleITK as sitk

from simulations.phantom.grid import Grid, Plane

CENTRE = np.array([70.0, -15.0, 4.0])


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("tilt_deg", [0.0, 11.0])
def test_points_are_simpleitks(plane, tilt_deg):
    grid = Grid.centred(plane, (5, 7, 9), (3.0, 1.5, 0.8), CENTRE, tilt_deg)
    image = sitk.Image([9, 7, 5], sitk.sitkUInt8)
    image.SetSpacing([0.8, 1.5, 3.0])
    image.SetOrigin(grid.origin_mm.tolist())
    # Columns of ITK's matrix: directions of i (columns), j (rows), k (slices).
    image.SetDirection(grid.directions[::-1].T.ravel().tolist())
    points = grid.points_mm()
    for k, j, i in ((0, 0, 0), (4, 0, 8), (2, 3, 4), (1, 6, 5)):
        assert points[k, j, i] == pytest.approx(image.TransformIndexToPhysicalPoint([i, j, k]))
        assert grid.position_mm(k) == pytest.approx(points[k, 0, 0])


@pytest.mark.parametrize("plane", list(Plane))
def test_is_centred_and_right_handed(plane):
    grid = Grid.centred(plane, (5, 7, 9), (3.0, 1.5, 0.8), CENTRE, tilt_deg=20.0)
    assert grid.points_mm().reshape(-1, 3).mean(0) == pytest.approx(CENTRE)
    slices, rows, columns = grid.directions
    assert np.cross(columns, rows) == pytest.approx(slices)


def test_sagittal_rows_run_back_and_columns_down():
    # As in the sagittal breast series of GE: Image Orientation (Patient) 0\1\0\0\0\-1.
    grid = Grid.centred(Plane.SAGITTAL, (2, 2, 2), (1.0, 1.0, 1.0), CENTRE)
    assert grid.directions[2].tolist() == [0, 1, 0]
    assert grid.directions[1].tolist() == [0, 0, -1]
