"""Whole volumes, a block of voxels at a time: memory beyond input and output stays that of one block."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from client.imaging.maps.acquisition import Array, Mask

# 16384 voxels of 16 images are a megabyte: the block and its temporaries stay in a core's second-level cache, and
# the cost of handing a block over is spread thin.
BLOCK_VOXELS = 16384

BlockFunction = Callable[[Array], tuple[Array, ...]]


def threads() -> int:
    """Worker threads: the cores this process may use, or fewer where OMP_NUM_THREADS asks for it."""
    allowed = len(os.sched_getaffinity(0))
    setting = os.environ.get("OMP_NUM_THREADS", "")
    return min(allowed, int(setting)) if setting.isdigit() and int(setting) > 0 else allowed


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def by_blocks(
    function: BlockFunction,
    signal: Array,
    outputs: int,
    *,
    beside: Sequence[Array | float] = (),
    inside: Mask | None = None,
    dtype: type[np.floating] = np.float32,
    block_voxels: int = BLOCK_VOXELS,
) -> tuple[Array, ...]:
    """Apply a function to all voxels of a volume, block by block, on all cores.

    Parameters
    ----------
    function : from an (n + len(beside), voxels) contiguous block to `outputs` arrays of (voxels,); must release
        the GIL to gain from several cores, as numpy's arithmetic does
    signal : (..., n), any memory layout
    outputs : how many arrays the function gives
    beside : more numbers of each voxel, (...) or one for all, that follow the signal in the block
    inside : (...) where to compute; NaN elsewhere. None computes everywhere
    dtype : precision of the blocks; the results are float32

    Returns
    -------
    `outputs` arrays of (...)
    """
    shape = signal.shape[:-1]
    n = signal.shape[-1]
    voxels = signal.reshape(-1, n)
    constants = [np.broadcast_to(constant, shape).reshape(-1) for constant in beside]
    chosen = None if inside is None else np.flatnonzero(inside)
    total = len(voxels) if chosen is None else len(chosen)
    results = np.empty((outputs, len(voxels)), dtype=np.float32)
    if chosen is not None:
        results.fill(np.nan)

    def fit(start: int) -> None:
        part = slice(start, start + block_voxels) if chosen is None else chosen[start : start + block_voxels]
        if constants:
            block = np.empty((n + len(constants), len(voxels[part])), dtype=dtype)
            block[:n] = voxels[part].T
            for row, constant in zip(block[n:], constants, strict=True):
                row[:] = constant[part]
        else:
            block = np.ascontiguousarray(voxels[part].T, dtype=dtype)
        with np.errstate(all="ignore"):  # what cannot be computed is NaN in the result, voxel by voxel
            for result, values in zip(results, function(block), strict=True):
                result[part] = values

    starts = range(0, total, block_voxels)
    # The blocks are what runs in parallel: a BLAS that started threads of its own for each would make them wait.
    with _libraries().limit(limits=1, user_api="blas"):
        if len(starts) <= 1 or threads() == 1:
            for start in starts:
                fit(start)
        else:
            with ThreadPoolExecutor(threads()) as pool:
                list(pool.map(fit, starts))
    return tuple(results.reshape(outputs, *shape))
