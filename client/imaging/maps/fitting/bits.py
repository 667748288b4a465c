"""A single-precision number seen as its bits: exponent and fraction can be taken apart without a call."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _reinterpreted(given: Any, wanted: Any, wanted_bits: ir.Type) -> Any:
    """Numba's intrinsic that gives a number's 32 bits another meaning."""

    def reinterpreted(_typing: Any, _number: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], wanted_bits)

        return wanted(given), generate

    return intrinsic(reinterpreted)


bits = cast(Callable[[np.float32], np.int32], _reinterpreted(types.float32, types.int32, ir.IntType(32)))
"""The 32 bits of a single-precision number, as an integer."""

number = cast(Callable[[np.int32], np.float32], _reinterpreted(types.int32, types.float32, ir.FloatType()))
"""The single-precision number that has these 32 bits."""
