"""Real numbers as integers that add without error: the ring in which sites mask their sums.

An encoded array carries its limbs on the leading axis, least significant first: (2, ...) for 128 bits,
(1, ...) for 64. Integers wrap; a site refuses a value with which the sum over all sites could wrap.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shared.errors import Code, MrfedError

Reals = npt.NDArray[np.float64]
Limbs = npt.NDArray[np.uint64]
Exponents = int | npt.NDArray[np.int64]

FRACTION_BITS = 96
"""Bits under the binary point: a unit is 1.3e-29 of the scale, and 31 bits remain above it."""


class Encoding(ABC):
    """How the real numbers of one quantity become ring elements and come back."""

    limbs: ClassVar[int]
    """64-bit words of one value."""

    @abstractmethod
    def encode(self, values: Reals, parties: int) -> Limbs:
        """Ring elements (limbs, ...) of values (...), safe to add over that many parties.

        Raises
        ------
        MrfedError where a value is not finite, or so large that the sum over all parties could wrap.
        """

    @abstractmethod
    def decode(self, encoded: Limbs) -> Reals:
        """Real numbers (...) of ring elements (limbs, ...)."""


@dataclass(frozen=True)
class FixedPoint(Encoding):
    """128-bit two's complement: round(x 2^(96 - exponent)).

    Every value of magnitude 2^(exponent - 43) to 2^(exponent + 31) / parties keeps its 53 bits of mantissa.

    Parameters
    ----------
    exponents : power of two of each element's scale; one number, or an array that broadcasts to the values
    """

    exponents: Exponents = 0
    limbs: ClassVar[int] = 2

    def encode(self, values: Reals, parties: int) -> Limbs:
        """Ring elements (2, ...); see `Encoding.encode`."""
        values = np.asarray(values, dtype=np.float64)
        magnitude = np.ldexp(np.abs(values), 32 - np.asarray(self.exponents))
        _require_range(values, magnitude, 2.0**63 / parties, "agree a larger scale for this quantity")
        high = np.floor(magnitude)
        # The fraction of a double is exact, and at most 1 - 2^-53, so that it cannot round up to 2^64.
        low = np.rint((magnitude - high) * 2.0**64)
        encoded = np.stack([low.astype(np.uint64), high.astype(np.uint64)])
        negative = np.signbit(values)
        return np.where(negative, negate(encoded), encoded)

    def decode(self, encoded: Limbs) -> Reals:
        """Real numbers (...), each within one unit in the last place."""
        negative = encoded[1] >> np.uint64(63) != 0
        low, high = np.where(negative, negate(encoded), encoded).astype(np.float64)
        magnitude = np.ldexp(high, 64) + low
        scaled: Reals = np.ldexp(magnitude, np.asarray(self.exponents) - FRACTION_BITS)
        return np.copysign(scaled, np.where(negative, -1.0, 1.0))


@dataclass(frozen=True)
class Steps(Encoding):
    """64-bit two's complement: whole multiples of a stated step, for the weights of networks.

    Parameters
    ----------
    step : size of one unit; a value is off by at most half of it
    """

    step: float
    limbs: ClassVar[int] = 1

    def encode(self, values: Reals, parties: int) -> Limbs:
        """Ring elements (1, ...); see `Encoding.encode`."""
        values = np.asarray(values, dtype=np.float64)
        units = np.rint(values / self.step)
        _require_range(values, np.abs(units), 2.0**63 / parties, "state a larger step")
        return units.astype(np.int64).view(np.uint64)[np.newaxis]

    def decode(self, encoded: Limbs) -> Reals:
        """Real numbers (...)."""
        units: Reals = encoded[0].view(np.int64).astype(np.float64)
        return units * self.step


def exponents_of(magnitudes: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Least power of two above each magnitude: 2^(e - 1) <= magnitude < 2^e; 0 for zero."""
    return np.frexp(np.asarray(magnitudes, dtype=np.float64))[1].astype(np.int64)


def add(total: Limbs, other: Limbs) -> None:
    """Add ring elements in place, modulo 2^64 or 2^128."""
    np.add(total[0], other[0], out=total[0])
    if len(total) == 2:
        carry = total[0] < other[0]
        np.add(total[1], other[1], out=total[1])
        np.add(total[1], carry, out=total[1])


def subtract(total: Limbs, other: Limbs) -> None:
    """Subtract ring elements in place, modulo 2^64 or 2^128."""
    if len(total) == 2:
        borrow = total[0] < other[0]
        np.subtract(total[1], other[1], out=total[1])
        np.subtract(total[1], borrow, out=total[1])
    np.subtract(total[0], other[0], out=total[0])


def negate(encoded: Limbs) -> Limbs:
    """Additive inverse in the ring."""
    inverse = ~encoded
    inverse[0] += np.uint64(1)
    if len(encoded) == 2:
        inverse[1] += inverse[0] == 0
    return inverse


def _require_range(values: Reals, magnitude: Reals, limit: float, remedy: str) -> None:
    if not np.isfinite(values).all():
        raise MrfedError(
            Code.REFUSED, "a value to be masked is not finite; leave the patient or the feature out"
        )
    # Rounding may carry a value up to the limit itself, hence >=.
    if magnitude.size and magnitude.max() >= limit:
        raise MrfedError(Code.REFUSED, f"a value to be masked would overflow the sum; {remedy}")
