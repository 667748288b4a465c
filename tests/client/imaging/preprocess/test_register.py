"""Known motion is found to under half a voxel; where nothing is gained, nothing is moved."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.itk import to_image, to_volume
from client.imaging.preprocess.register import _Pair, correct_motion, register
from client.imaging.volume import Geometry, Volume
from shared.sections.imaging import Register
from shared.sections.sequence import Sequence

pytestmark = pytest.mark.slow

GRID = Geometry((96, 88, 32), (1.0, 1.0, 2.0), (-48.0, -44.0, -32.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
RIGID = Register(step="register", deformable=False)
DEFORMABLE = Register(step="register")
CENTRE = (0.0, 0.0, 0.0)


def breast() -> Volume:
    """Patches of tissue in a body, with noise."""
    rng = np.random.default_rng(0)
    patches = gaussian_filter(rng.normal(size=GRID.shape), [1.5, 4, 4])
    places = np.meshgrid(*[np.linspace(-1, 1, size) for size in GRID.shape], indexing="ij")
    body = sum(place**2 for place in places) < 0.7
    signal = body * (400 + 150 * np.tanh(patches / patches.std()))
    return Volume(np.abs(signal + rng.normal(0, 8, GRID.shape)).astype(np.float32), GRID)


def seen_through(volume: Volume, transform: sitk.Transform) -> Volume:
    """The image whose point p shows what the volume has at transform(p)."""
    return to_volume(sitk.Resample(to_image(volume), transform, sitk.sitkBSpline), "a.u.")


def errors_mm(found: sitk.Transform, true: sitk.Transform) -> np.ndarray:
    """Distances at points in the body."""
    points = np.random.default_rng(1).uniform(-25, 25, (200, 3))
    pairs = [(found.TransformPoint(point), true.TransformPoint(point)) for point in points.tolist()]
    return np.linalg.norm(np.subtract(*zip(*pairs, strict=True)), axis=1)


def test_known_rigid_motion() -> None:
    true = sitk.Euler3DTransform(CENTRE, 0.02, -0.015, 0.04, (2.5, -1.8, 1.4))
    fixed = breast()
    moving = seen_through(fixed, true.GetInverse())
    # enhancement changes the contrast between the images, not where things are
    moving = replace(moving, voxels=np.sqrt(moving.voxels.clip(0)) * 30)
    computed = register(fixed, moving, RIGID)
    assert computed.transform is not None
    assert errors_mm(computed.transform, true).max() < 0.5
    assert computed.after > computed.before + 0.1
    assert computed.displacement_mm == pytest.approx(4, abs=2)
    assert computed.jacobian == pytest.approx((1, 1), abs=0.01)


def bending() -> sitk.Transform:
    """A smooth deformation by up to 2 mm."""
    size = (10, 10, 10)
    z, y, x = np.meshgrid(*[np.linspace(-50, 50, count) for count in size], indexing="ij")
    field = np.stack([2 * np.sin(y / 20), 2 * np.cos(x / 22) * np.sin(z / 25), np.sin(x / 25)], axis=-1)
    image = sitk.GetImageFromArray(field, isVector=True)
    image.SetOrigin((-50, -50, -50))
    image.SetSpacing((100 / 9,) * 3)
    return sitk.DisplacementFieldTransform(image)


def test_known_deformation() -> None:
    moving, true = breast(), bending()
    fixed = seen_through(moving, true)
    computed = register(fixed, moving, DEFORMABLE)
    assert computed.transform is not None
    left = errors_mm(computed.transform, true)
    assert left.mean() < 0.25
    assert np.quantile(left, 0.95) < 0.5
    assert 0.5 < computed.jacobian[0] < 1 < computed.jacobian[1] < 1.5


def test_what_did_not_move_is_not_touched() -> None:
    fixed = breast()
    enhanced = replace(fixed, voxels=fixed.voxels * 1.7)
    images = correct_motion(PatientImages("here", GRID, dynamic=(fixed, enhanced)), DEFORMABLE)
    assert images.dynamic == (fixed, enhanced)
    assert images.findings["register.phase_2.displacement_mm"] == 0


def test_noise_is_not_registered() -> None:
    noise = Volume(np.random.default_rng(3).normal(100, 10, GRID.shape).astype(np.float32), GRID)
    computed = register(breast(), noise, RIGID)
    assert computed.after >= computed.before


@pytest.mark.parametrize("worse", ["a place where nothing meets", "a fold"])
def test_what_would_be_worse_is_refused(monkeypatch: pytest.MonkeyPatch, worse: str) -> None:
    """The search ends somewhere bad: where the information is less than before, or where space folds onto itself."""
    fixed = breast()
    moving = seen_through(fixed, sitk.TranslationTransform(3, (1.0, 0.0, 0.0)))
    bad: sitk.Transform = sitk.TranslationTransform(3, (60.0, 0.0, 0.0))
    if worse == "a fold":
        bad = sitk.AffineTransform([-1.0, 0, 0, 0, 1, 0, 0, 0, 1], (0.0, 0.0, 0.0), CENTRE)
        monkeypatch.setattr(_Pair, "mutual_information", lambda self, transform: float(transform is bad))
    monkeypatch.setattr(_Pair, "rigid", lambda self: bad)
    computed = register(fixed, moving, RIGID)
    assert computed.transform is None
    assert computed.after == computed.before
    images = correct_motion(PatientImages("here", GRID, dynamic=(fixed, moving)), RIGID)
    assert images.dynamic[1] is moving, "as it was"
    assert images.findings["register.phase_2.displacement_mm"] == 0
    before, after = (images.findings[f"register.phase_2.mutual_information_{when}"] for when in ("before", "after"))
    assert before == after


def test_findings_tell_metric_and_displacement_before_and_after() -> None:
    shift = (2.0, -1.0, 0.0)
    fixed = breast()
    moving = seen_through(fixed, sitk.TranslationTransform(3, shift).GetInverse())
    told = correct_motion(PatientImages("here", GRID, dynamic=(fixed, moving)), RIGID).findings
    assert told["register.phase_2.mutual_information_after"] > told["register.phase_2.mutual_information_before"] + 0.1
    assert told["register.phase_2.displacement_mm"] == pytest.approx(np.hypot(*shift[:2]), abs=0.5)
    assert told["register.phase_2.jacobian_low"] == pytest.approx(1, abs=0.01)
    assert told["register.phase_2.jacobian_high"] == pytest.approx(1, abs=0.01)


def test_everything_follows_the_first_phase() -> None:
    shift = sitk.TranslationTransform(3, (3.0, 0.0, 0.0))
    fixed = breast()
    moved = seen_through(fixed, shift.GetInverse())
    weighted = replace(moved, voxels=moved.voxels * 0.4)
    adc = Volume(moved.voxels * 1e-6, GRID, "mm2/s")
    pe = Volume(fixed.voxels, GRID, "%")
    images = PatientImages(
        "here", GRID, dynamic=(fixed, moved), diffusion=(moved, weighted),
        single={Sequence.ADC: adc, Sequence.PE_MAP: pe, Sequence.T2: moved},
    )  # fmt: skip
    computed = correct_motion(images, RIGID)
    inside = (slice(8, 24), slice(25, 60), slice(25, 70))
    for volume in (computed.dynamic[1], computed.diffusion[0], computed.single[Sequence.T2]):
        np.testing.assert_allclose(volume.voxels[inside], fixed.voxels[inside], atol=60)
        assert (
            np.abs(volume.voxels - fixed.voxels)[inside].mean()
            < 0.3 * np.abs(moved.voxels - fixed.voxels)[inside].mean()
        )
    np.testing.assert_allclose(computed.diffusion[1].voxels, 0.4 * computed.diffusion[0].voxels, rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(
        computed.single[Sequence.ADC].voxels, 1e-6 * computed.diffusion[0].voxels, rtol=1e-3, atol=1e-7
    )
    assert computed.single[Sequence.PE_MAP] is pe


def test_the_same_again() -> None:
    true = sitk.Euler3DTransform(CENTRE, 0.0, 0.0, 0.03, (1.0, 0.0, 0.0))
    fixed = breast()
    moving = seen_through(fixed, true)
    first, second = (register(fixed, moving, RIGID) for _ in range(2))
    assert first.transform is not None
    assert second.transform is not None
    assert first.transform.GetParameters() == second.transform.GetParameters()
