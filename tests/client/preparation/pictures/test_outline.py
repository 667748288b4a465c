"""Outlines along the edges of voxels."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis.extra import numpy as arrays

from client.preparation.pictures.outline import outlines, path


def test_one_voxel_has_four_edges_and_runs_are_one_piece():
    inside = np.zeros((4, 5), bool)
    inside[1, 2] = True
    assert path(inside) == "M2 1h1M2 2h1M2 1v1M3 1v1"
    inside[1, 3] = True
    assert path(inside) == "M2 1h2M2 2h2M2 1v1M4 1v1"


def test_only_slices_with_voxels_have_an_outline():
    mask = np.zeros((3, 2, 2), bool)
    mask[1] = True
    assert outlines(mask) == {1: "M0 0h2M0 2h2M0 0v2M2 0v2"}
    assert outlines(np.zeros((3, 2, 2), bool)) == {}


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=8)))
def test_the_outline_parts_every_voxel_inside_from_every_neighbour_outside(inside):
    pieces = re.findall(r"M(\d+) (\d+)([hv])(\d+)", path(inside))
    length = sum(int(piece[3]) for piece in pieces)
    padded = np.pad(inside, 1)
    assert length == (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    # filled again by counting how many vertical edges lie to the left of each voxel
    filled = np.zeros_like(inside)
    for column, row, way, run in pieces:
        if way == "v":
            filled[int(row) : int(row) + int(run), int(column) :] ^= True
    np.testing.assert_array_equal(filled, inside)
