"""Filters: constants, impulses, positions, and a part of an image against the whole."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from client.imaging.radiomics.ibsi.filters import gabor, laplacian_of_gaussian, simoncelli, wavelet
from client.imaging.radiomics.ibsi.filters.response import Surface, filtered, reach
from client.imaging.radiomics.ibsi.filters.rotation import rotated, rotations
from shared.sections.ibsi import Boundary, Filter, Pooling

AXES = (2, 1, 0)
SPACING_MM = (1.0, 1.0, 1.0)
ASKED = [
    {"filter": "mean", "support": 3},
    {"filter": "log", "sigma_mm": 1.5},
    {"filter": "laws", "kernels": "L5E5E5", "energy_distance": 2},
    {"filter": "laws", "kernels": "E3W5R5", "energy_distance": None, "rotation_invariant": False},
    {"filter": "gabor", "sigma_mm": 1, "wavelength_mm": 2, "aspect": 1.5, "step_degrees": 45},
    {"filter": "wavelet", "bands": "LLH", "family": "db3"},
    {"filter": "wavelet", "bands": "HHH", "level": 2, "rotation_invariant": False},
]


def parsed(asked: dict[str, object]) -> Filter:
    return TypeAdapter(Filter).validate_python(asked)


def test_there_are_four_rotations_in_a_slice_and_24_in_the_volume() -> None:
    assert (len(rotations(2)), len(rotations(3))) == (4, 24)
    asymmetric = [np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 9.0]), np.array([1.0, 5.0, 25.0])]
    assert len(rotated(asymmetric)) == 24
    assert len(rotated([np.array([1.0, 2.0, 1.0])] * 3)) == 1


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: parsed(asked).name)
@pytest.mark.parametrize("boundary", [Boundary.MIRROR, Boundary.NEAREST, Boundary.ZERO])
def test_a_part_with_its_reach_has_the_response_of_the_whole(asked: dict[str, object], boundary: Boundary) -> None:
    voxels = np.random.default_rng(1).normal(size=(34, 31, 40))
    chosen = parsed(asked)
    far = reach(chosen, SPACING_MM, boundary)
    assert far is not None
    # the part reaches the edge of the image in front, and ends within it behind
    part = tuple(slice(0, 8 + far) for _ in range(3))
    whole = filtered(chosen, Surface(voxels, SPACING_MM, False, boundary))
    near = filtered(chosen, Surface(voxels[part], SPACING_MM, False, boundary))
    np.testing.assert_allclose(near[:8, :8, :8], whole[:8, :8, :8], atol=1e-6)


def test_what_sees_the_whole_image_says_so() -> None:
    assert reach(parsed({"filter": "simoncelli"}), SPACING_MM, Boundary.MIRROR) is None
    assert reach(parsed({"filter": "mean"}), SPACING_MM, Boundary.PERIODIC) is None


def test_the_laplacian_of_a_parabola_is_its_curvature() -> None:
    x = np.arange(60.0) - 30
    voxels = 0.5 * (x**2)[None, None, :] * np.ones((40, 40, 1))
    found = laplacian_of_gaussian.laplacian_of_gaussian(voxels, SPACING_MM, 2.0, 6, AXES, Boundary.NEAREST)
    assert found[20, 20, 30] == pytest.approx(1, rel=1e-3)


def test_in_a_slice_of_other_voxels_sigma_keeps_its_millimetres() -> None:
    voxels = np.zeros((3, 41, 41))
    voxels[1, 20, 20] = 1
    found = laplacian_of_gaussian.laplacian_of_gaussian(voxels, (9.0, 2.0, 1.0), 4, 4, (2, 1), Boundary.ZERO)
    assert not found[[0, 2]].any()
    # zero where the distance is sqrt(2) sigma: 5.66 mm, which is nearer along the axis of long voxels
    assert np.sign(found[1, 20, [25, 27]]).tolist() == [-1, 1]
    assert np.sign(found[1, [22, 24], 20]).tolist() == [-1, 1]


def test_a_gabor_filter_knows_the_direction_of_stripes() -> None:
    y, x = np.mgrid[:64, :64].astype(float)
    stripes = np.cos(2 * np.pi * (x * np.cos(0.5) + y * np.sin(0.5)) / 6)[None]
    wave = gabor.Gabor(5, 6, 1)

    def modulus(angle: float) -> float:
        plane = gabor.PLANES[:1]
        response = gabor.gabor_modulus(stripes, SPACING_MM, wave, [angle], plane, Boundary.MIRROR, Pooling.MEAN)
        return float(response[0, 32, 32])

    # Half of a Gaussian's integral: the other half of a cosine is the wave that runs the other way.
    assert modulus(0.5) == pytest.approx(np.pi * 25, rel=0.01)
    assert modulus(0.5 + np.pi) == pytest.approx(modulus(0.5))
    assert modulus(-0.5) < 0.01 * modulus(0.5)


def test_sub_bands_of_a_constant_are_nothing_but_the_low_pass() -> None:
    constant = np.full((12, 12, 12), 3.0)
    for bands, level, expected in (("LLL", 1, 3 * 2**1.5), ("LLL", 2, 3 * 2**3), ("LLH", 1, 0), ("HHH", 2, 0)):
        found = wavelet.wavelet(constant, "coif1", bands, level, AXES, Boundary.MIRROR, Pooling.MEAN)
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("shape", [(9, 11, 13), (8, 10, 12), (1, 10, 11)])
@pytest.mark.parametrize("level", [1, 2])
def test_simoncelli_is_the_real_part_of_the_filter_on_the_centred_grid(shape: tuple[int, ...], level: int) -> None:
    voxels = np.random.default_rng(3).normal(size=shape)
    axes = (2, 1) if shape[0] == 1 else AXES
    squares = np.zeros(shape)
    for axis in axes:
        half = (shape[axis] - 1) / 2
        places = (np.arange(shape[axis]) - half) / half
        squares += (places**2).reshape([-1 if other == axis else 1 for other in range(3)])
    ratio = np.sqrt(squares) * 2 ** (level - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        kernel = np.where((ratio >= 0.25) & (ratio <= 1), np.cos(np.pi / 2 * np.log2(2 * ratio)), 0)
    spectrum = np.fft.fftn(voxels, axes=axes) * np.fft.ifftshift(kernel, axes=axes)
    np.testing.assert_allclose(
        simoncelli.simoncelli(voxels, level, axes), np.fft.ifftn(spectrum, axes=axes).real, atol=1e-12
    )
