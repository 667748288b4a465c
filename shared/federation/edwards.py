"""Which 32 bytes are a public key of Ed25519 that only its owner can sign for.

The curve has eight points of small order. Under such a "key" one signature fits many contents, whoever made it, and
libraries that follow RFC 8032 to the letter take it. A second spelling of a point is none either: keys are compared by
their bytes.

References: RFC 8032, sections 5.1.3 and 5.1.4; Chalkias et al., Taming the Many EdDSAs, SSR 2020.
"""

from functools import lru_cache

PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, PRIME) % PRIME
_ROOT = pow(2, (PRIME - 1) // 4, PRIME)
"""A square root of -1."""


@lru_cache(maxsize=4096)
def is_proper(public_key: bytes) -> bool:
    """Whether these bytes are a point of the curve, in its one spelling, and not of small order.

    Parameters
    ----------
    public_key : (32 bytes) as Ed25519 writes a point
    """
    if len(public_key) != 32:
        return False
    number = int.from_bytes(public_key, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= PRIME:
        return False
    x = _x_of(y)
    if x is None or (x == 0 and sign):
        return False
    x = PRIME - x if x & 1 != sign else x
    for _ in range(3):
        x, y = _doubled(x, y)
    return (x, y) != (0, 1)


def _x_of(y: int) -> int | None:
    """A coordinate x with -x^2 + y^2 = 1 + d x^2 y^2; None where there is none."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * _ROOT % PRIME
    return x if x * x % PRIME == square else None


def _doubled(x: int, y: int) -> tuple[int, int]:
    product = _D * x * x * y * y
    return (
        2 * x * y * pow(1 + product, -1, PRIME) % PRIME,
        (y * y + x * x) * pow(1 - product, -1, PRIME) % PRIME,
    )
