"""Motion correction: dynamic phases to the first, diffusion-weighted and T2 images to the dynamic series.

Rigid first, then by B-splines (Rueckert et al., IEEE Trans Medical Imaging 18 (1999) 712), by Mattes' mutual
information (Mattes et al., ibid. 22 (2003) 120). A transform is taken only if it raises the mutual information, and a
deformation only if it folds nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.interpolate import resampled
from client.imaging.preprocess.itk import to_image
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.volume import Volume
from shared.sections.imaging import Register
from shared.sections.sequence import Sequence

_HISTOGRAM_BINS = 32
_SEED = 1
_UNMOVED_VOXELS = 0.1
"""An image that moved less than this stays as it is: interpolation would blur it for nothing."""


@dataclass(frozen=True)
class Registration:
    """One image brought onto another.

    Parameters
    ----------
    transform : from points of the fixed image to points of the moving one; None where nothing was gained
    before, after : mutual information
    displacement_mm : largest over the tissue of the fixed image
    jacobian : lowest and highest local change of volume; 1 is none
    """

    transform: sitk.Transform | None
    before: float
    after: float
    displacement_mm: float = 0.0
    jacobian: tuple[float, float] = (1.0, 1.0)


def correct_motion(images: PatientImages, settings: Register) -> PatientImages:
    """Register everything to the first phase, or where there is none to the first image there is.

    Diffusion-weighted images share the transform of the lowest b-value: with higher ones there is too little signal.
    The scanner's own maps of diffusion and images of single directions follow them, maps of enhancement need none.
    """
    fixed = images.dynamic[0] if images.dynamic else next(iter(images.single.values()), images.diffusion[0])
    findings: dict[str, float] = {}

    def brought(name: str, volume: Volume) -> Registration:
        registration = register(fixed, volume, settings)
        findings.update(_findings(name, registration))
        return registration

    def moved(volume: Volume, registration: Registration) -> Volume:
        return volume if registration.transform is None else resampled(volume, images.grid, registration.transform)

    phases = [
        phase if phase is fixed else moved(phase, brought(f"phase_{number}", phase))
        for number, phase in enumerate(images.dynamic, start=1)
    ]
    diffusion, single, repeated = images.diffusion, dict(images.single), dict(images.repeated)
    if diffusion and diffusion[0] is not fixed:
        registration = brought("diffusion", diffusion[0])
        diffusion = tuple(moved(volume, registration) for volume in diffusion)
        for sequence in {Sequence.DWI_DIRECTIONS, Sequence.DIFFUSION_TIMES} & repeated.keys():
            repeated[sequence] = tuple(moved(volume, registration) for volume in repeated[sequence])
        if Sequence.ADC in single:
            single[Sequence.ADC] = moved(single[Sequence.ADC], registration)
    if Sequence.T2 in single and single[Sequence.T2] is not fixed:
        single[Sequence.T2] = moved(single[Sequence.T2], brought("t2", single[Sequence.T2]))
    return replace(
        images,
        dynamic=tuple(phases),
        diffusion=diffusion,
        single=single,
        repeated=repeated,
        findings=dict(images.findings) | findings,
    )


def register(fixed: Volume, moving: Volume, settings: Register) -> Registration:
    """Find the transform that brings one image onto another.

    Parameters
    ----------
    fixed, moving : in arbitrary units, of the same patient
    """
    # several threads add up in any order; patients are what runs in parallel
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    pair = _Pair(fixed, moving, settings.samples)
    before = pair.mutual_information(sitk.Transform(3, sitk.sitkIdentity))
    registration = Registration(None, before, before)
    try:
        registration = pair.better(registration, pair.rigid())
        if settings.deformable:
            registration = pair.better(
                registration, pair.deformable(registration.transform, settings.control_spacing_mm)
            )
    except RuntimeError:  # ITK gives up where the images do not overlap or have no contrast
        pass
    return registration


class _Pair:
    """Two images to be brought onto each other, and the tissue of the fixed one."""

    def __init__(self, fixed: Volume, moving: Volume, samples: int) -> None:
        self.fixed, self.moving = to_image(fixed), to_image(moving)
        self.tissue = sitk.GetImageFromArray((fixed.voxels > otsu_threshold(fixed.voxels)).astype(np.uint8))
        self.tissue.CopyInformation(self.fixed)
        self.samples = samples
        self.voxel_mm = min(fixed.geometry.spacing_mm)

    def rigid(self) -> sitk.Transform:
        """Rotation and translation, coarse to fine."""
        centre = self.fixed.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in self.fixed.GetSize()])
        method = self._method(shrink=(4, 2, 1))
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=1.0, minStep=1e-3, numberOfIterations=100, gradientMagnitudeTolerance=1e-6
        )
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetInitialTransform(sitk.Euler3DTransform(centre), inPlace=False)
        return method.Execute(self.fixed, self.moving)

    def deformable(self, start: sitk.Transform | None, control_spacing_mm: float) -> sitk.Transform:
        """B-spline deformation on top of a start."""
        extents = zip(self.fixed.GetSize(), self.fixed.GetSpacing(), strict=True)
        mesh = [max(1, round(size * mm / control_spacing_mm)) for size, mm in extents]
        method = self._method(shrink=(2,))
        method.SetOptimizerAsLBFGSB(gradientConvergenceTolerance=1e-5, numberOfIterations=30)
        method.SetInitialTransform(sitk.BSplineTransformInitializer(self.fixed, mesh, 3), inPlace=False)
        if start is None:
            return method.Execute(self.fixed, self.moving)
        method.SetMovingInitialTransform(start)
        return sitk.CompositeTransform([start, method.Execute(self.fixed, self.moving)])

    def better(self, best: Registration, transform: sitk.Transform) -> Registration:
        """A transform that raises the mutual information, moves anything and folds nothing; else the best so far."""
        information = self.mutual_information(transform)
        if information <= best.after:
            return best
        displacement_mm, jacobian = self._displacement(transform)
        if displacement_mm < _UNMOVED_VOXELS * self.voxel_mm or jacobian[0] <= 0:
            return best
        return Registration(transform, best.before, information, displacement_mm, jacobian)

    def mutual_information(self, transform: sitk.Transform) -> float:
        """Of the fixed image and the moving one seen through a transform."""
        method = self._method(shrink=(1,))
        method.SetInitialTransform(transform)
        return -float(method.MetricEvaluate(self.fixed, self.moving))

    def _method(self, shrink: tuple[int, ...]) -> sitk.ImageRegistrationMethod:
        """What all registrations share; samples are drawn with a fixed seed."""
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(_HISTOGRAM_BINS)
        method.SetMetricSamplingStrategy(method.RANDOM)
        voxels = self.fixed.GetNumberOfPixels()
        shares = [min(1.0, self.samples / max(1, voxels // factor**3)) for factor in shrink]
        method.SetMetricSamplingPercentagePerLevel(shares, seed=_SEED)
        method.SetMetricFixedMask(self.tissue)
        method.SetInterpolator(sitk.sitkLinear)
        method.SetShrinkFactorsPerLevel(shrink)
        method.SetSmoothingSigmasPerLevel([factor / 2 if factor > 1 else 0 for factor in shrink])
        method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOff()
        return method

    def _displacement(self, transform: sitk.Transform) -> tuple[float, tuple[float, float]]:
        """Largest displacement over the tissue, and the range of the Jacobian's determinant, on a coarse grid."""
        factors = [min(4, size) for size in self.fixed.GetSize()]
        coarse, inside = sitk.Shrink(self.fixed, factors), sitk.GetArrayFromImage(sitk.Shrink(self.tissue, factors)) > 0
        field = sitk.TransformToDisplacementField(
            transform,
            sitk.sitkVectorFloat64,
            coarse.GetSize(),
            coarse.GetOrigin(),
            coarse.GetSpacing(),
            coarse.GetDirection(),
        )
        lengths = np.linalg.norm(sitk.GetArrayFromImage(field), axis=-1)
        jacobian = sitk.GetArrayFromImage(sitk.DisplacementFieldJacobianDeterminant(field))
        if not inside.any():
            inside = np.ones_like(inside)
        return float(lengths[inside].max()), (float(jacobian[inside].min()), float(jacobian[inside].max()))


def _findings(name: str, registration: Registration) -> Mapping[str, float]:
    return {
        f"register.{name}.mutual_information_before": registration.before,
        f"register.{name}.mutual_information_after": registration.after,
        f"register.{name}.displacement_mm": registration.displacement_mm,
        f"register.{name}.jacobian_low": registration.jacobian[0],
        f"register.{name}.jacobian_high": registration.jacobian[1],
    }
