"""The exponential of decays, in arithmetic that a compiler can put into vector registers."""

import numpy as np

from client.maps.fitting.compiled import inlined


@inlined
def decay(x: float) -> float:
    """exp(-x) for x >= 0, to a relative 1e-12; values of x over 700 count as 700.

    Ten squarings of the Taylor series at x / 1024. The library's exponential cannot be vectorised inside a
    compiled loop and takes several times as long.
    """
    y = -min(x, 700.0) / 1024.0
    e = 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720))))))
    e *= e
    e *= e
    e *= e
    e *= e
    e *= e
    e *= e
    e *= e
    e *= e
    e *= e
    return e * e


_SIXTY_FOURTH = np.float32(-1 / 64)
_TAYLOR = tuple(np.float32(c) for c in (1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720))


@inlined
def decay_single(x: np.float32) -> np.float32:
    """exp(-x) for x >= 0 in single precision, to a relative 1e-5; values of x over 80 count as 80."""
    y = min(x, np.float32(80)) * _SIXTY_FOURTH
    one, c2, c3, c4, c5, c6 = _TAYLOR
    e = one + y * (one + y * (c2 + y * (c3 + y * (c4 + y * (c5 + y * c6)))))
    e *= e
    e *= e
    e *= e
    e *= e
    e *= e
    return e * e
