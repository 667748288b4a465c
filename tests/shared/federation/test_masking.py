"""Masked sums: what cancels, what stays hidden, and what a mask is bound to."""

import hashlib
import hmac
import json
from dataclasses import replace

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract.fixed_point import Changes, FixedPoint, Steps, exponents_of
from shared.errors import Code, MrfedError
from shared.federation.masking import BLOCK, Binding, Masker, unmask_sum, unmask_sum_of_answered

BINDING = Binding(study="5" * 64, run="run-1", step="harmonize", question="9" * 64)


def maskers(count):
    names = [f"site-{number}" for number in range(count)]
    private = {name: X25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest()) for name in names}
    public = {name: key.public_key().public_bytes_raw() for name, key in private.items()}
    return {name: Masker(name, private[name], public) for name in names}


def test_the_sum_over_all_sites_decodes_and_no_smaller_sum_does():
    values = {f"site-{n}": {"sums": np.array([[n, -2.5 * n], [1.0, 1e-6]])} for n in range(4)}
    masked = [masker.mask(values[site], {}, BINDING) for site, masker in maskers(4).items()]
    np.testing.assert_array_equal(unmask_sum(masked, {})["sums"], [[6.0, -15.0], [4.0, np.float64(1e-6) * 4]])
    assert masked[0]["sums"].shape == (2, 2, 2)
    for left_out in range(4):
        partial = unmask_sum([one for n, one in enumerate(masked) if n != left_out], {})["sums"]
        assert np.abs(partial).min() > 1e3  # uniform over +-2^31: nothing near the true sums


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_sums_hold_twelve_digits_over_twelve_orders_of_magnitude(count, seed):
    random = np.random.default_rng(seed)
    # Features as far apart as a mean intensity and PyRadiomics' TotalEnergy, and patients as far apart.
    values = {
        site: {"x": random.normal(size=(40, 4)) * 10.0 ** random.uniform(-1, 11, size=(40, 1))}
        for site in maskers(count)
    }
    exponents = exponents_of(np.max([np.abs(one["x"]).max(axis=1) for one in values.values()], axis=0))
    encodings = {"x": FixedPoint(exponents[:, np.newaxis])}
    masked = [masker.mask(values[site], encodings, BINDING) for site, masker in maskers(count).items()]
    exact = np.sum([one["x"] for one in values.values()], axis=0, dtype=np.longdouble)
    scale = np.sum([np.abs(one["x"]) for one in values.values()], axis=0)
    assert np.max(np.abs(unmask_sum(masked, encodings)["x"] - exact) / scale) < 1e-15


def test_arrays_of_both_rings_and_several_blocks_travel_together():
    random = np.random.default_rng(3)
    encodings = {"weights": Steps(2.0**-24), "moments": FixedPoint(3)}
    values = {
        site: {
            "weights": random.normal(size=(3, BLOCK)),
            "moments": random.normal(size=2 * BLOCK + 5),
            "count": np.array(7.0),
            "empty": np.zeros((0, 2)),
        }
        for site in maskers(3)
    }
    masked = [masker.mask(values[site], encodings, BINDING) for site, masker in maskers(3).items()]
    total = unmask_sum(masked, encodings)
    assert total["count"] == 21
    assert total["empty"].shape == (0, 2)
    np.testing.assert_allclose(total["moments"], sum(one["moments"] for one in values.values()), atol=1e-15)
    np.testing.assert_allclose(total["weights"], sum(one["weights"] for one in values.values()), atol=1.5 * 2**-24)
    assert sum(array.nbytes for array in masked[0].values()) == 8 * 3 * BLOCK + 16 * (2 * BLOCK + 5 + 1)


def hkdf(secret, salt, info):
    """RFC 5869, one block of output."""
    extracted = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def test_the_mask_is_what_the_standards_say():
    """RFC 7748, 5869 and 8439 put together by hand, in Python's integers."""
    two = maskers(2)
    private = {name: hashlib.sha256(name.encode()).digest() for name in two}
    key = X25519PrivateKey.from_private_bytes(private["site-0"])
    public = {
        name: X25519PrivateKey.from_private_bytes(one).public_key().public_bytes_raw() for name, one in private.items()
    }
    secret = key.exchange(X25519PublicKey.from_public_bytes(public["site-1"]))
    info = {
        "purpose": "mask",
        "sites": ["site-0", "site-1"],
        "binding": {
            "study": BINDING.study,
            "run": "run-1",
            "step": "harmonize",
            "question": BINDING.question,
            "attempt": 0,
        },
        "roster": [[name, one.hex()] for name, one in public.items()],
        "layout": [["x", [2, 3], {"limbs": 2, "word": "<u8", "scale": 0}]],
    }
    info = json.dumps(info, sort_keys=True, separators=(",", ":")).encode()
    stream = Cipher(ChaCha20(hkdf(secret, b"mrfed masked sum 1", info), bytes(16)), mode=None).encryptor()
    words = np.frombuffer(stream.update(bytes(48)), "<u8")
    masks = [int(low) + 2**64 * int(high) for low, high in zip(words[:3], words[3:], strict=True)]
    values = {"x": np.array([1.0, -1.0, 0.0])}
    for site, sign in (("site-0", 1), ("site-1", -1)):
        masked = two[site].mask(values, {}, BINDING)["x"]
        expected = [
            (round(value * 2**96) + sign * mask) % 2**128 for value, mask in zip(values["x"], masks, strict=True)
        ]
        assert [int(low) + 2**64 * int(high) for low, high in masked.T] == expected


@pytest.mark.parametrize(
    "other",
    [
        replace(BINDING, study="6" * 64),
        replace(BINDING, run="run-2"),
        replace(BINDING, step="select"),
        replace(BINDING, question="8" * 64),
        replace(BINDING, attempt=1),
    ],
)
def test_every_part_of_the_binding_changes_every_mask(other):
    masker = maskers(3)["site-0"]
    values = {"x": np.zeros(50)}
    assert (masker.mask(values, {}, BINDING)["x"] != masker.mask(values, {}, other)["x"]).all()


def test_the_masks_depend_on_roster_order_members_and_layout():
    values = {"x": np.zeros(50)}
    three = maskers(3)["site-0"]
    reordered = Masker("site-0", three._private_key, dict(reversed(list(three._public_keys.items()))))
    answers = [
        three.mask(values, {}, BINDING)["x"],
        reordered.mask(values, {}, BINDING)["x"],
        maskers(4)["site-0"].mask(values, {}, BINDING)["x"],
        three.mask({"y": values["x"]}, {}, BINDING)["y"],
        three.mask({"x": np.zeros((1, 50))}, {}, BINDING)["x"].reshape(2, 50),
        three.mask(values, {}, BINDING, own_mask=True)["x"],
    ]
    for first in range(len(answers)):
        for second in range(first):
            assert (answers[first] != answers[second]).all()


def test_a_repetition_is_the_same_bytes():
    values = {"x": np.linspace(0, 1, 9)}
    first, again = (maskers(3)["site-1"].mask(values, {}, BINDING, own_mask=True) for _ in range(2))
    assert first["x"].tobytes() == again["x"].tobytes()


@pytest.mark.slow
def test_seventy_sites_mask_with_their_neighbours_only():
    sites = maskers(70)
    masked = [masker.mask({"n": np.array([float(n)])}, {}, BINDING) for n, masker in enumerate(sites.values())]
    assert unmask_sum(masked, {})["n"] == [2415.0]
    assert len(sites["site-0"]._secrets) == 64


def test_nobody_knows_who_masks_with_whom_before_the_keys_are_made():
    roster = [f"site-{number}" for number in range(80)]

    def peers(seed):
        keys = {site: X25519PrivateKey.from_private_bytes(f"{site} {seed}".encode().ljust(32)) for site in roster}
        public = {site: key.public_key().public_bytes_raw() for site, key in keys.items()}
        masker = Masker("site-0", keys["site-0"], public)
        masker.mask({"x": np.zeros(1)}, {}, BINDING)
        return set(masker._secrets)

    assert peers("a") == peers("a")
    assert peers("a") != peers("b")


def test_another_width_or_scale_changes_every_mask():
    """Two scales under one mask would give away their difference."""
    masker, values = maskers(3)["site-0"], {"x": np.zeros(50)}

    def masks(encoding):
        return masker.mask(values, {"x": encoding}, BINDING)["x"]

    assert (masks(FixedPoint()) != masks(FixedPoint(1))).all()
    assert (masks(FixedPoint()) != masks(FixedPoint(np.arange(50)))).all()
    assert (masks(Steps(0.5)) != masks(Steps(0.25))).all()
    assert (masks(Changes(1.0)) != masks(Changes(2.0))).mean() > 0.99


@settings(max_examples=20, deadline=None)
@given(st.sets(st.sampled_from([f"site-{n}" for n in range(5)]), min_size=2))
def test_with_own_masks_the_sum_over_the_agreed_set_decodes(answered):
    sites = maskers(5)
    values = {site: {"x": np.array([float(n), -1.0])} for n, site in enumerate(sites)}
    masked = {site: masker.mask(values[site], {}, BINDING, own_mask=True) for site, masker in sites.items()}
    kept = {site: masked[site] for site in sites if site in answered}
    disclosed = {site: sites[site].disclose(masked[site], {}, BINDING, sorted(answered)) for site in kept}
    total = unmask_sum_of_answered(kept, {}, list(sites), disclosed)
    np.testing.assert_array_equal(total["x"], sum(values[site]["x"] for site in kept))
    # The answer of a lost site that arrives late stays under its own mask.
    for late in set(sites) - answered:
        with pytest.raises(MrfedError) as error:
            unmask_sum_of_answered({**kept, late: masked[late]}, {}, list(sites), disclosed)
        assert error.value.code is Code.QUORUM


def test_rosters_that_would_unmask_are_refused():
    key = X25519PrivateKey.from_private_bytes(b"1" * 32)
    own = key.public_key().public_bytes_raw()
    with pytest.raises(MrfedError, match="one site"):
        Masker("a", key, {"a": own})
    with pytest.raises(MrfedError, match="one masking key"):
        Masker("a", key, {"a": own, "b": own})
    with pytest.raises(MrfedError, match="another masking key"):
        Masker("a", key, {"a": b"2" * 32, "b": own})
    with pytest.raises(MrfedError, match="low order"):
        Masker("a", key, {"a": own, "b": bytes(32)}).mask({"x": np.zeros(1)}, {}, BINDING)


def test_answers_of_different_shape_or_name_are_not_added():
    three = list(maskers(3).values())
    good = [masker.mask({"x": np.zeros(3)}, {}, BINDING) for masker in three[:2]]
    for values in ({"x": np.zeros(4)}, {"y": np.zeros(3)}, {"x": np.zeros(3), "y": np.zeros(3)}):
        with pytest.raises(MrfedError) as error:
            unmask_sum([*good, three[2].mask(values, {}, BINDING)], {})
        assert error.value.code is Code.NOT_IN_CONTRACT


@pytest.mark.parametrize("bits", [16, 32])
def test_changes_of_weights_cancel_in_a_narrow_ring_beside_other_sums(bits):
    random = np.random.default_rng(5)
    shares = np.array([0.5, 0.3, 0.2])
    updates = random.normal(size=(3, 2, BLOCK + 77)).clip(-4, 4)
    maskers_ = list(maskers(3).items())
    masked = [
        masker.mask(
            {"update": shares[n] * updates[n], "loss": np.array([1.0 + n, 2.0])},
            {"update": Changes(4.0, np.full(2, shares[n]), bits)},
            BINDING,
        )
        for n, (_, masker) in enumerate(maskers_)
    ]
    assert masked[0]["update"].nbytes == updates[0].size * bits // 8
    total = unmask_sum(masked, {"update": Changes(4.0, bits=bits)})
    np.testing.assert_array_equal(total["loss"], [6.0, 6.0])
    assert np.abs(total["update"] - np.tensordot(shares, updates, 1)).max() <= 1.5 * Changes(4.0, bits=bits).step + 2e-7
    signed = masked[0]["update"].view(np.int32 if bits == 32 else np.int16)
    # uniform: the mean of so many is within five of its standard errors
    assert abs(signed.mean()) < 5 * 2.0**bits / np.sqrt(12 * signed.size)
