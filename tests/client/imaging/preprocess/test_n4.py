"""Bias-field correction: a known coil is found, and nothing else is taken for one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.n4 import bias_field, correct, sharpened
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.preprocess.spline_field import Fit, evaluate, refined, weights
from client.imaging.volume import Geometry, Volume
from shared.sections.imaging import N4
from shared.sections.sequence import Sequence

SETTINGS = N4(step="n4")
SHAPE = (32, 96, 96)


def coil(shape: tuple[int, ...] = SHAPE, seed: int = 1) -> np.ndarray:
    """Sensitivity that rises along one direction and falls off to the sides, as the simulator's coils do."""
    direction = np.random.default_rng(seed).normal(size=3)
    direction /= np.linalg.norm(direction)
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, size) for size in shape], indexing="ij"), -1)
    along = places @ direction
    return np.exp(0.3 * (along + 0.5 * along**2 - 0.25 * (places**2).sum(-1))).astype(np.float32)


def tissue(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Three tissues in patches in a body, and the body."""
    patches = gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), [2, 5, 5])
    patches /= patches.std()
    places = np.meshgrid(*[np.linspace(-1, 1, size) for size in SHAPE], indexing="ij")
    body = sum(place**2 for place in places) < 0.8
    signal = np.select([patches > 0.4, patches < -1], [600.0, 900.0], 300.0) * body
    return signal.astype(np.float32), body


def spread(values: np.ndarray) -> float:
    """Coefficient of variation."""
    return float(values.std() / values.mean())


@pytest.mark.parametrize("seed", [1, 2])
def test_a_known_coil_is_found(seed: int) -> None:
    signal, body = tissue(seed)
    noise = np.random.default_rng(5).normal(0, 15, SHAPE)
    true = coil(seed=seed)
    computed = bias_field(np.abs(signal * true + noise).astype(np.float32), SETTINGS)
    assert spread(true[body]) > 0.1
    assert spread((true / computed)[body]) < 0.01


def by_itk(voxels: np.ndarray) -> np.ndarray:
    """Bias field by ITK's own filter on an image shrunk by 4."""
    image = sitk.GetImageFromArray(voxels)
    inside = sitk.GetImageFromArray((voxels > otsu_threshold(voxels)).astype(np.uint8))
    reference = sitk.N4BiasFieldCorrectionImageFilter()
    reference.Execute(sitk.Shrink(image, [4] * 3), sitk.Shrink(inside, [4] * 3))
    return np.exp(sitk.GetArrayFromImage(reference.GetLogBiasFieldAsImage(image)))


def by_us(voxels: np.ndarray) -> np.ndarray:
    return bias_field(voxels, SETTINGS)


def test_no_worse_than_itk() -> None:
    signal, body = tissue()
    true = coil()
    assert spread((true / by_us(signal * true))[body]) <= spread((true / by_itk(signal * true))[body])


def test_an_even_image_stays_as_it_is() -> None:
    signal, body = tissue()
    np.testing.assert_allclose(bias_field(np.where(body, 500, 0).astype(np.float32), SETTINGS)[body], 1, atol=1e-6)
    np.testing.assert_array_equal(bias_field(np.zeros(SHAPE, np.float32), SETTINGS), 1)
    assert spread(bias_field(signal, SETTINGS)[body]) < 0.01


def test_the_scale_of_an_image_does_not_matter() -> None:
    signal, _ = tissue()
    once = bias_field(signal * coil(), SETTINGS)
    np.testing.assert_allclose(bias_field(signal * coil() * 37, SETTINGS), once, rtol=1e-4)


def test_phases_share_one_field_and_maps_are_left_alone() -> None:
    signal, body = tissue()
    grid = Geometry((96, 96, 32), (1, 1, 1), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    phases = tuple(Volume(signal * coil() * factor, grid) for factor in (1.0, 1.8))
    adc = Volume(np.full(SHAPE, 1e-3, np.float32), grid, "mm2/s")
    t2 = Volume(signal * coil(seed=3), grid)
    images = PatientImages("here", grid, dynamic=phases, single={Sequence.ADC: adc, Sequence.T2: t2})
    computed = correct(images, SETTINGS)
    before, after = (one.voxels[body] for one in computed.dynamic)
    np.testing.assert_allclose(after / before, 1.8, rtol=1e-5)
    assert computed.single[Sequence.ADC] is adc
    assert spread(computed.single[Sequence.T2].voxels[body] / signal[body]) < 0.02


def test_two_sharp_peaks_stay_where_they_are() -> None:
    values = np.repeat([5.0, 6.0], 1000) + np.random.default_rng(1).normal(0, 0.05, 2000)
    computed = sharpened(values)
    np.testing.assert_allclose([computed[:1000].mean(), computed[1000:].mean()], [5, 6], atol=0.02)
    assert computed[:1000].std() < 0.5 * values[:1000].std()


def test_splines_are_refined_without_change() -> None:
    places = [(np.arange(size) + 0.5) / size for size in (7, 9, 11)]
    lattice = np.random.default_rng(1).normal(size=(5, 5, 5))
    coarse = evaluate(lattice, [weights(place, 2) for place in places])
    np.testing.assert_allclose(evaluate(refined(lattice), [weights(place, 4) for place in places]), coarse, atol=1e-12)


def test_a_field_of_one_span_is_found_by_fitting_what_is_left() -> None:
    places = [(np.arange(size) + 0.5) / size for size in (16, 16, 16)]
    bases = [weights(place, 1) for place in places]
    wanted = evaluate(np.random.default_rng(1).normal(size=(4, 4, 4)), bases)
    fit, left = Fit(np.ones((16, 16, 16)), bases), wanted.copy()
    for _ in range(50):
        left -= evaluate(fit(left), bases)
    assert left.std() < 0.1 * wanted.std()


def test_otsu_splits_where_two_tissues_part() -> None:
    values = np.r_[np.random.default_rng(1).normal(10, 1, 3000), np.random.default_rng(2).normal(100, 5, 1000)]
    assert 13 < otsu_threshold(values) < 85
    assert otsu_threshold(np.full(10, 4.0)) == pytest.approx(4, abs=1)


@pytest.mark.real
def test_a_coil_on_real_volumes(real_data: Callable[[str], Path]) -> None:
    """Of three vendors: most of what a simulated coil adds is taken out again (beside ITK's: tests.bench imaging)."""
    before, after = [], []
    for number, path in enumerate(sorted(real_data("sts_mr_t1").glob("*_image.nii.gz"))[::4]):
        voxels = np.clip(sitk.GetArrayFromImage(sitk.ReadImage(str(path), sitk.sitkFloat32)), 0, None)
        inside, true = voxels > otsu_threshold(voxels), coil(voxels.shape, number)
        left = true * bias_field(voxels, SETTINGS) / bias_field(voxels * true, SETTINGS)
        before.append(spread(true[inside]))
        after.append(spread(left[inside]))
    assert np.mean(after) < 0.4 * np.mean(before)
