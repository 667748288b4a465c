"""The exponential of decays, in arithmetic that a compiler can put into vector registers."""

import numpy as np

from client.imaging.maps.fitting.bits import number
from client.imaging.maps.fitting.compiled import inlined


@inlined
def decay(x: float) -> float:
    """exp(-x) for x >= 0, to a relative 1e-12; values of x over 700 count as 700.

    Ten squarings of the Taylor series at x / 1024. The library's exponential cannot be vectorized inside a
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


_PER_LN2, _ONE, _HALF, _LONGEST = np.float32(-1.4426950408889634), np.float32(1), np.float32(0.5), np.float32(87)
_BIAS, _EXPONENT = np.int32(127), np.int32(23)
# Taylor series of 2^f for |f| up to a half.
_C1, _C2, _C3 = np.float32(0.6931471805599453), np.float32(0.2402265069591007), np.float32(0.05550410866482158)
_C4, _C5 = np.float32(0.009618129107628477), np.float32(0.0013333558146428441)


@inlined
def decay_single(x: np.float32) -> np.float32:
    """exp(-x) for x >= 0 in single precision, to a relative 5e-6; values of x over 87 count as 87.

    2 to the nearest whole power goes straight into the exponent's bits, the rest is a polynomial.
    """
    power = min(x, _LONGEST) * _PER_LN2
    whole = np.int32(power - _HALF)
    f = power - np.float32(whole)
    series = _ONE + f * (_C1 + f * (_C2 + f * (_C3 + f * (_C4 + f * _C5))))
    scale = number((whole + _BIAS) << _EXPONENT)
    return series * scale
