"""Encoding real numbers into the ring, against Python's own integers and fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract.fixed_point import BLOCK, Changes, FixedPoint, Steps, add, exponents_of, subtract
from shared.errors import Code, MrfedError

WORD = 2**64
RING = 2**128
reals = st.floats(allow_nan=False, allow_infinity=False, min_value=-(2.0**29), max_value=2.0**29)
elements = st.integers(0, RING - 1)


def whole(limbs):
    """Python integers of a (2, n) array."""
    return [int(low) + WORD * int(high) for low, high in limbs.T]


def limbs_of(integers):
    return np.array(
        [[integer % WORD for integer in integers], [integer // WORD for integer in integers]], dtype=np.uint64
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, 0),
        (1.0, 2**96),
        (-1.0, RING - 2**96),
        (2.0**-96, 1),
        (-(2.0**-96), RING - 1),
        (1.5 * 2.0**-96, 2),  # halves go to the even neighbour
        (0.5 * 2.0**-96, 0),
        (-0.5 * 2.0**-96, 0),
        (2.0**28 - 2.0**-20, 2**124 - 2**76),
    ],
)
def test_literal_values_at_scale_one(value, expected):
    assert whole(FixedPoint().encode(np.array([value]), parties=2)) == [expected]


@settings(max_examples=200)
@given(st.lists(reals, min_size=1, max_size=5), st.integers(-40, 40))
def test_encoding_is_rounding_to_the_nearest_unit(values, exponent):
    scaled = np.ldexp(values, exponent)
    expected = [round(Fraction(one) * 2**96 / Fraction(2) ** exponent) % RING for one in scaled]
    assert whole(FixedPoint(exponent).encode(scaled, parties=2)) == expected


@settings(max_examples=200)
@given(st.lists(reals.filter(lambda x: x == 0 or abs(x) >= 2.0**-43), min_size=1, max_size=5))
def test_decoding_gives_back_every_bit(values):
    encoding = FixedPoint(7)
    scaled = np.ldexp(np.array(values), 7)
    assert encoding.decode(encoding.encode(scaled, parties=2)).tolist() == scaled.tolist()


@given(st.lists(st.tuples(elements, elements), min_size=1, max_size=4))
def test_addition_and_subtraction_carry_between_words(pairs):
    total, other = (limbs_of(one) for one in zip(*pairs, strict=True))
    start = total.copy()
    add(total, other)
    assert whole(total) == [(a + b) % RING for a, b in pairs]
    subtract(total, other)
    np.testing.assert_array_equal(total, start)


@given(st.lists(elements, min_size=1, max_size=4))
def test_decoding_is_the_nearest_double_to_one_unit_in_the_last_place(integers):
    signed = [integer - RING if integer >= RING // 2 else integer for integer in integers]
    decoded = FixedPoint(96).decode(limbs_of(integers))
    np.testing.assert_allclose(decoded, [float(one) for one in signed], rtol=2**-52)


def test_exponents_are_of_each_element_and_broadcast():
    encoding = FixedPoint(np.array([0, 40]))
    values = np.array([[1e-9, 3e12], [-1.0, -(2.0**40)]])
    decoded = encoding.decode(encoding.encode(values, parties=4))
    np.testing.assert_array_equal(decoded, values)


def test_arrays_longer_than_a_block_and_of_any_shape():
    values = np.linspace(-1, 1, 2 * BLOCK + 8).reshape(2, -1, 2)
    np.testing.assert_array_equal(FixedPoint().decode(FixedPoint().encode(values, parties=2)), values)
    assert FixedPoint().encode(np.zeros((0, 3)), parties=2).shape == (2, 0, 3)
    assert FixedPoint().decode(FixedPoint().encode(np.array(2.5), parties=2)) == 2.5


@pytest.mark.parametrize("parties", [1, 3, 1000])
def test_a_value_is_refused_exactly_where_the_sum_could_wrap(parties):
    limit = 2.0**31 / parties
    largest = np.nextafter(limit, 0)
    encoded = FixedPoint().encode(np.array([largest, -largest]), parties)
    total = encoded.copy()
    for _ in range(parties - 1):
        add(total, encoded)
    np.testing.assert_allclose(FixedPoint().decode(total), [parties * largest, -parties * largest])
    with pytest.raises(MrfedError, match="larger scale") as error:
        FixedPoint().encode(np.array([limit]), parties)
    assert error.value.code is Code.REFUSED


@pytest.mark.parametrize("encoding", [FixedPoint(), Steps(2.0**-20)])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(encoding, bad):
    with pytest.raises(MrfedError):
        encoding.encode(np.array([1.0, bad, 0.0]), 3)


def test_steps_are_whole_multiples_in_64_bits():
    encoded = Steps(0.25).encode(np.array([1.0, -1.0, 0.3, 0.125]), parties=2)
    assert encoded.tolist() == [[4, WORD - 4, 1, 0]]
    np.testing.assert_array_equal(Steps(0.25).decode(encoded), [1.0, -1.0, 0.25, 0.0])
    with pytest.raises(MrfedError, match="larger step"):
        Steps(0.25).encode(np.array([2.0**60]), parties=2)


def test_exponents_lie_just_above_the_magnitude():
    assert exponents_of([0.0, 0.75, 1.0, 1000.0, 1e11]).tolist() == [0, 0, 1, 10, 37]


@pytest.mark.parametrize(("bits", "word"), [(32, np.uint32), (16, np.uint16)])
def test_shares_of_a_mean_use_the_whole_ring(bits: int, word: type) -> None:
    random = np.random.default_rng(1)
    weights = np.array([[0.5, 1.0], [0.3, 0.0], [0.2, 0.0]])
    values = random.uniform(-2, 2, size=(3, 2, 1000))
    values[:, :, 0] = 2  # at the bound itself, all alike: the sum is as large as it can be
    shares = weights[..., None] * values
    coded = [Changes(2.0, own, bits).encode(share, parties=3) for own, share in zip(weights, shares, strict=True)]
    assert {integers.dtype for integers in coded} == {np.dtype(word)}
    total = coded[0].copy()
    for integers in coded[1:]:
        add(total, integers)
    decoded = Changes(2.0, bits=bits).decode(total)
    assert decoded.dtype == np.float32
    step = Changes(2.0, bits=bits).step
    assert np.abs(decoded - shares.sum(axis=0)).max() <= 1.5 * step + 2**-23


def test_a_share_beyond_the_bound_is_refused() -> None:
    with pytest.raises(MrfedError) as refused:
        Changes(2.0, np.array([0.5])).encode(np.array([[1.001]]), parties=3)
    assert refused.value.code is Code.REFUSED
    with pytest.raises(MrfedError):
        Changes(2.0, np.array([0.5])).encode(np.array([[np.nan]]), parties=3)


def test_thirty_two_bits_are_as_exact_as_float32() -> None:
    assert Changes(8.0).step < np.finfo(np.float32).eps / 16
