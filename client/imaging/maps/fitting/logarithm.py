"""The natural logarithm in single precision, in arithmetic that a compiler can put into vector registers."""

import numpy as np

from client.imaging.maps.fitting.bits import bits, number
from client.imaging.maps.fitting.compiled import inlined

_ROOT_HALF = np.int32(0x3F3504F3)
_EXPONENT = np.int32(23)
_LN2, _ONE, _HALF = np.float32(0.6931471805599453), np.float32(1), np.float32(0.5)
_SMALLEST, _INFINITE, _NAN = np.float32(1.1754944e-38), np.float32(np.inf), np.float32(np.nan)
# The minimax polynomial of Cephes' logf.
_C0, _C1, _C2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
_C3, _C4, _C5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
_C6, _C7, _C8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)


@inlined
def log_single(x: np.float32) -> np.float32:
    """Ln x to a few units of single precision; NaN for what is not a positive, finite, normal number.

    x = 2^e m with m between the roots of 1/2 and 2; ln x = e ln 2 + ln m. The library's logarithm cannot be vectorized
    inside a compiled loop.

    Reference: Moshier, Cephes Mathematical Library, logf.
    """
    e = (bits(x) - _ROOT_HALF) >> _EXPONENT
    m = number(bits(x) - (e << _EXPONENT)) - _ONE
    y = ((((_C0 * m + _C1) * m + _C2) * m + _C3) * m + _C4) * m
    y = ((((y + _C5) * m + _C6) * m + _C7) * m + _C8) * m * m * m
    log = y - _HALF * m * m + m + np.float32(e) * _LN2
    return log if _SMALLEST <= x < _INFINITE else _NAN
