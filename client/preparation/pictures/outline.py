"""The outline of a region along the edges of its voxels, as a path of SVG: exact at any magnification."""

from collections.abc import Iterator

import numpy as np

from client.imaging.radiomics.box import Mask


def outlines(mask: Mask, corner: tuple[int, ...] = (0, 0, 0)) -> dict[int, str]:
    """Path of every slice in which a region has voxels, in units of voxels from the corner of the first one.

    Parameters
    ----------
    mask : (slices, rows, columns)
    corner : slice, row and column of its first voxel, where the mask is a part of a larger one
    """
    first, *rest = corner
    return {int(first + number): path(mask[number], *rest) for number in np.flatnonzero(mask.any(axis=(1, 2)))}


def path(inside: Mask, top: int = 0, left: int = 0) -> str:
    """Edges between voxels inside and outside, straight runs in one piece.

    Parameters
    ----------
    inside : (rows, columns)
    top, left : row and column of its first voxel, where it is a part of a slice
    """
    padded = np.pad(inside, 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]  # (rows + 1, columns): edge above each voxel
    along = padded[1:-1, 1:] != padded[1:-1, :-1]  # (rows, columns + 1): edge left of each voxel
    pieces = [f"M{left + start} {top + row}h{length}" for row, start, length in _runs(across)]
    pieces += [f"M{left + column} {top + start}v{length}" for column, start, length in _runs(along.T)]
    return "".join(pieces)


def _runs(edges: Mask) -> Iterator[tuple[int, int, int]]:
    """Line, first place and length of every run of edges along a line."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    lines, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    for line, start, end in zip(lines.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield line, start, end - start
