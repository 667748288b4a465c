import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.imaging.maps.dki import dki
from client.imaging.maps.dki_tensor import dki_tensor

B = np.array([0.0, 300, 700, 1000, 1500, 2000])


@settings(max_examples=20, deadline=None)
@given(st.floats(0.3e-3, 2.5e-3), st.floats(0, 2), st.floats(1, 5000))
def test_diffusivity_and_kurtosis_that_made_the_signal_come_back(d: float, k: float, s0: float) -> None:
    fit = dki(s0 * np.exp(-B * d + (B * d) ** 2 * k / 6)[None], B)
    np.testing.assert_allclose(fit.diffusivity, [d], rtol=1e-4)
    np.testing.assert_allclose(fit.kurtosis, [k], atol=1e-3 * (1 + k) * max(1, (0.5e-3 / d) ** 2 * 10))


def test_refuses_two_b_values() -> None:
    with pytest.raises(ValueError, match="three distinct"):
        dki(np.ones((1, 3)), np.array([0, 1000, 1000]))


def sphere(count: int) -> np.ndarray:
    z = 1 - (2 * np.arange(count) + 1) / count
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    return np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], axis=1)


TENSOR_B = np.array([0.0] * 2 + [1000.0] * 30 + [2000.0] * 30)
TENSOR_N = np.concatenate([np.zeros((2, 3)), sphere(30), sphere(30)])


def rotation(rng: np.random.Generator) -> np.ndarray:
    q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return q


def test_gaussian_tensor_has_its_eigenvalues_and_no_kurtosis() -> None:
    rng = np.random.default_rng(0)
    axes = rotation(rng)
    tensor = axes @ np.diag([1.7e-3, 0.4e-3, 0.3e-3]) @ axes.T
    along = np.einsum("ni,ij,nj->n", TENSOR_N, tensor, TENSOR_N)
    fit = dki_tensor(np.exp(-TENSOR_B * along)[None], TENSOR_B, TENSOR_N)
    np.testing.assert_allclose(fit.md, [0.8e-3], rtol=1e-3)
    # FA of (1.7, 0.4, 0.3): sqrt(3/2) |d - 0.8| / |d|
    np.testing.assert_allclose(fit.fa, [0.7644], atol=1e-3)
    np.testing.assert_allclose(fit.mk, [0], atol=0.01)


def test_mixture_of_isotropic_compartments_has_the_kurtosis_of_their_variance() -> None:
    # Two compartments of 0.6 and 1.4e-3, half each: K = 3 var / mean² = 3 x 0.16 / 1 = 0.48 (Jensen 2005, equation 16);
    # W = K here, the same in every direction.
    signal = np.exp(-TENSOR_B * 1e-3 + (TENSOR_B * 1e-3) ** 2 * 0.48 / 6)
    fit = dki_tensor(signal[None], TENSOR_B, TENSOR_N)
    np.testing.assert_allclose(fit.mk, [0.48], atol=2e-3)
    np.testing.assert_allclose(fit.fa, [0], atol=2e-3)


def test_mean_kurtosis_is_the_mean_over_all_directions() -> None:
    # Axially symmetric D, isotropic W: K(n) = MD² W / D(n)², averaged here by Gauss-Legendre quadrature.
    d = 0.6e-3 + 0.9e-3 * TENSOR_N[:, 0] ** 2
    md, w = 0.9e-3, 0.8
    fit = dki_tensor(np.exp(-TENSOR_B * d + TENSOR_B**2 * md**2 * w / 6)[None], TENSOR_B, TENSOR_N)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    expected = np.sum(weights / 2 * w * md**2 / (0.6e-3 + 0.9e-3 * nodes**2) ** 2)
    np.testing.assert_allclose(fit.mk, [expected], rtol=5e-3)


def test_rotating_the_patient_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    turn = rotation(rng)
    weights = rng.random(3)
    fits = []
    for axes in (np.eye(3), turn):
        along = np.einsum("ni,ij,nj->n", TENSOR_N, axes @ np.diag([1.2e-3, 0.9e-3, 0.5e-3]) @ axes.T, TENSOR_N)
        fourth = ((TENSOR_N @ axes) ** 4) @ weights
        signal = np.exp(-TENSOR_B * along + (TENSOR_B * 0.8e-3) ** 2 * fourth / 6)
        fits.append(dki_tensor(signal[None], TENSOR_B, TENSOR_N))
    np.testing.assert_allclose(fits[0].mk, fits[1].mk, rtol=0.01)
    np.testing.assert_allclose(fits[0].fa, fits[1].fa, rtol=1e-3)


def test_tensor_refuses_directions_in_a_plane() -> None:
    flat = TENSOR_N * [1, 1, 0]
    with pytest.raises(ValueError, match="do not determine"):
        dki_tensor(np.ones((1, len(TENSOR_B))), TENSOR_B, flat)
