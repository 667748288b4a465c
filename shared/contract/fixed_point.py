"""Real numbers as integers that add without error: the ring in which sites mask their sums.

An encoded array carries its limbs on the leading axis, least significant first: (2, ...) for 128 bits,
(1, ...) for 64. Integers wrap; a site refuses a value with which the sum over all sites could wrap.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from shared.errors import Code, MrfedError

Reals = npt.NDArray[np.float64]
Limbs = npt.NDArray[np.uint64]
"""Words of a ring; those of `Changes` are narrower."""
Exponents = int | npt.NDArray[np.int64]

FRACTION_BITS = 96
"""Bits under the binary point: a unit is 1.3e-29 of the scale, and 31 bits remain above it."""


BLOCK = 8192
"""Values encoded at once, so that intermediate arrays stay in the processor's cache."""


class Encoding(ABC):
    """How the real numbers of one quantity become ring elements and come back."""

    limbs: ClassVar[int]
    """Words of one value."""

    @property
    def word(self) -> np.dtype[Any]:
        """Type of a word."""
        return np.dtype(np.uint64)

    @property
    def terms(self) -> dict[str, object]:
        """What every party has to use alike: the ring's width and its scale; masks are bound to it."""
        return {"limbs": self.limbs, "word": self.word.str, "scale": self.scale}

    @property
    @abstractmethod
    def scale(self) -> object:
        """What a unit of the ring stands for, as JSON writes it."""

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

    @property
    def scale(self) -> object:
        """Powers of two."""
        return np.asarray(self.exponents).tolist()

    def encode(self, values: Reals, parties: int) -> Limbs:
        """Ring elements (2, ...); see `Encoding.encode`."""
        values = np.asarray(values, dtype=np.float64)
        scales = np.broadcast_to(np.ldexp(1.0, 32 - np.asarray(self.exponents)), values.shape)
        encoded = np.empty((2, *values.shape), dtype=np.uint64)
        flat = values.reshape(-1), scales.reshape(-1), encoded.reshape(2, -1)
        for start in range(0, values.size, BLOCK):
            block = slice(start, start + BLOCK)
            _encode(flat[0][block], flat[1][block], 2.0**63 / parties, flat[2][:, block])
        return encoded

    def decode(self, encoded: Limbs) -> Reals:
        """Real numbers (...), each within one unit in the last place."""
        negative = encoded[1] >> np.uint64(63) != 0
        positive = encoded.copy()
        _negate_where(positive, negative)
        units: Reals = positive[1] * 2.0**64 + positive[0]
        units *= np.ldexp(1.0, np.asarray(self.exponents) - FRACTION_BITS)
        return np.where(negative, -units, units)


@dataclass(frozen=True)
class Steps(Encoding):
    """64-bit two's complement: whole multiples of a stated step, for the weights of networks.

    Parameters
    ----------
    step : size of one unit; a value is off by at most half of it
    """

    step: float
    limbs: ClassVar[int] = 1

    @property
    def scale(self) -> object:
        """The step."""
        return self.step

    def encode(self, values: Reals, parties: int) -> Limbs:
        """Ring elements (1, ...); see `Encoding.encode`."""
        values = np.asarray(values, dtype=np.float64)
        units = np.rint(values / self.step)
        _require_range(np.abs(units), 2.0**63 / parties, "state a larger step")
        return units.astype(np.int64).view(np.uint64)[np.newaxis]

    def decode(self, encoded: Limbs) -> Reals:
        """Real numbers (...)."""
        units: Reals = encoded[0].view(np.int64).astype(np.float64)
        return units * self.step


@dataclass(frozen=True)
class Changes(Encoding):
    """Shares of a weighted mean in 32 or 16 bits: whole multiples of bound / 2^(bits - 1), for the weights of networks.

    The shares of all parties are bounded together: each is at most the party's weight times the bound, and the weights
    add up to one. So the sum keeps the whole range, and the number of parties costs no bit.

    Parameters
    ----------
    bound : largest magnitude of a value before it was weighed
    weights : (...) of this party, broadcast against the values' leading axes; what it may add at most is this share of
        the bound. Decoding does not need it
    bits : 32 or 16
    """

    bound: float
    weights: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(()))
    bits: int = 32
    limbs: ClassVar[int] = 1

    @property
    def word(self) -> np.dtype[Any]:
        """Type of a word."""
        return np.dtype(np.uint32 if self.bits == 32 else np.uint16)

    @property
    def scale(self) -> object:
        """The bound; weights are each party's own."""
        return self.bound

    @property
    def step(self) -> float:
        """Size of one unit; the sum over n parties is off by at most n / 2 of it."""
        # one bit of headroom less a little: roundings of all parties may add up beyond the bound itself
        return self.bound / float(2 ** (self.bits - 1) - 2**8)

    def encode(self, values: Reals, parties: int) -> Limbs:
        """Ring elements (1, ...) of 32 or 16 bits; see `Encoding.encode`."""
        values = np.asarray(values, dtype=np.float64)
        weights = np.reshape(self.weights, np.shape(self.weights) + (1,) * (values.ndim - np.ndim(self.weights)))
        if parties > 2**8:
            raise MrfedError(Code.REFUSED, f"{parties} sites are more than {2**8}; their roundings could overflow")
        # float32 rounds the product of weight and value: a few parts in a million are no overflow
        _require_range(np.abs(values) / np.maximum(weights, 1e-300), self.bound * (1 + 1e-5), "lower the learning rate")
        units = np.rint(values / self.step)
        signed = np.int32 if self.bits == 32 else np.int16
        return cast(Limbs, units.astype(signed).view(self.word)[np.newaxis])

    def decode(self, encoded: Limbs) -> Reals:
        """Real numbers (...) in float32: with less than the ring's digits, in as many bytes."""
        signed = encoded[0].view(np.int32 if self.bits == 32 else np.int16)
        return cast(Reals, (signed.astype(np.float64) * self.step).astype(np.float32))


def exponents_of(magnitudes: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Least power of two above each magnitude: 2^(e - 1) <= magnitude < 2^e; 0 for zero."""
    return np.frexp(np.asarray(magnitudes, dtype=np.float64))[1].astype(np.int64)


def add(total: Limbs, other: Limbs) -> None:
    """Add ring elements in place, modulo 2^64 or 2^128."""
    low = total[0, ...]
    np.add(low, other[0], out=low)
    if len(total) == 2:
        high = total[1, ...]
        np.add(high, other[1], out=high)
        np.add(high, low < other[0], out=high)


def subtract(total: Limbs, other: Limbs) -> None:
    """Subtract ring elements in place, modulo 2^64 or 2^128."""
    low = total[0, ...]
    if len(total) == 2:
        high = total[1, ...]
        np.subtract(high, other[1], out=high)
        np.subtract(high, low < other[0], out=high)
    np.subtract(low, other[0], out=low)


def _encode(values: Reals, scales: Reals, limit: float, encoded: Limbs) -> None:
    """Write round(values scales 2^64) as 128-bit elements (2, n) into `encoded`."""
    magnitude = np.abs(values)
    magnitude *= scales
    _require_range(magnitude, limit, "agree a larger scale for this quantity")
    whole = np.floor(magnitude)
    encoded[1] = whole
    # The fraction of a double is exact, and at most 1 - 2^-53, so that it cannot round up to 2^64.
    magnitude -= whole
    magnitude *= 2.0**64
    encoded[0] = np.rint(magnitude, out=magnitude)
    _negate_where(encoded, np.signbit(values))


def _negate_where(encoded: Limbs, negative: npt.NDArray[np.bool_]) -> None:
    """Invert 128-bit elements (2, ...) additively, in place, where `negative` (...) holds."""
    encoded ^= np.negative(negative.astype(np.uint64))
    low, high = encoded[0, ...], encoded[1, ...]
    np.add(low, negative, out=low)
    np.add(high, negative & (low == 0), out=high)


def _require_range(magnitude: Reals, limit: float, remedy: str) -> None:
    largest = magnitude.max(initial=0.0)
    if np.isnan(largest):
        raise MrfedError(Code.REFUSED, "a value to be masked is not a number; leave the patient or the feature out")
    # Rounding may carry a value up to the limit itself, hence >=.
    if largest >= limit:
        raise MrfedError(Code.REFUSED, f"a value to be masked would overflow the sum; {remedy}")
