"""Functions compiled to machine code at their first call; they release the GIL, so blocks run on all cores.

Compiled loops over voxels run across `LANES` voxels at a time, innermost: the compiler puts them into vector
registers. Nothing is cached on disk: numba's cache does not notice when a function that another one calls has changed.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

LANES = 64
"""Voxels that a non-linear fit advances together: enough for vector registers, few enough for the cache."""

# Sums may be reordered and fused, which lets them run in vector registers; NaN and infinity keep their meaning.
_ARITHMETIC = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays; division by zero gives infinity, as in numpy."""
    return cast(Function, numba.njit(nogil=True, error_model="numpy", fastmath=_ARITHMETIC)(function))


def inlined(function: Function) -> Function:
    """As `compiled`, for a small function that must become part of the loop that calls it."""
    return cast(
        Function,
        numba.njit(nogil=True, error_model="numpy", fastmath=_ARITHMETIC, inline="always")(function),
    )
