"""An exam: one patient's anatomy in one hospital's scanner, from the bolus to the stored numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulations.anatomy import anatomy
from simulations.patient import Patient
from simulations.phantom import dynamic, weighted
from simulations.phantom.body import Body
from simulations.phantom.coil import Coil
from simulations.phantom.grid import Grid
from simulations.phantom.noise import rician
from simulations.randomness import generator
from simulations.scanner import DceProtocol, Scanner, Stack

Array = NDArray[np.float64]

_INJECTION_AFTER_S = 5.0
"""From the end of the phase before contrast to the injection."""


@dataclass(frozen=True)
class DceTiming:
    """When the phases were acquired.

    Attributes
    ----------
    starts_s : (phases,) start of each phase, seconds after the start of the first
    phase_s : duration of a phase
    injection_s : start of the injection, on the same clock
    """

    starts_s: Array
    phase_s: float
    injection_s: float

    @classmethod
    def of(cls, protocol: DceProtocol) -> "DceTiming":
        """Timing of a protocol: one phase, the injection, then the others without a pause."""
        injection_s = protocol.phase_s + _INJECTION_AFTER_S
        later = injection_s + protocol.delay_s + np.arange(protocol.phases - 1) * protocol.phase_s
        return cls(np.concatenate([[0.0], later]), protocol.phase_s, injection_s)

    @property
    def after_injection_s(self) -> Array:
        """(phases,) centre of k-space, in the middle of each phase, after the start of the injection."""
        return self.starts_s + self.phase_s / 2 - self.injection_s


@dataclass(frozen=True)
class Exam:
    """What the scanner reconstructed.

    Attributes
    ----------
    dce : (phases, slices, rows, columns) magnitude
    dce_grid : its geometry
    timing : of its phases
    displacement_mm : (phases, 3) true displacement of the breast, LPS
    tumour : (slices, rows, columns) true mask on the DCE grid
    dwi : (b-values, slices, rows, columns) magnitude
    dwi_grid : its geometry
    """

    dce: Array
    dce_grid: Grid
    timing: DceTiming
    displacement_mm: Array
    tumour: NDArray[np.bool_]
    dwi: Array
    dwi_grid: Grid


def examine(patient: Patient, scanner: Scanner, seed: int) -> Exam:
    """Examine a patient: DWI, then DCE, each with the scanner's coils, gain, motion and noise."""
    body = anatomy(patient, seed)
    rng = generator(seed, patient.site, patient.index, "exam")
    coil = _coil(body, scanner, generator(seed, patient.site, "coil"), rng)
    gain = scanner.gain * np.exp(rng.normal(0, scanner.gain_jitter))
    centre = body.breast.middle_mm + rng.normal(0, 1.5, 3)

    timing = DceTiming.of(scanner.dce)
    arrival_s = rng.uniform(8, 20)
    displacement = scanner.dce.motion_mm * rng.standard_normal((scanner.dce.phases, 3))
    displacement[0] = 0
    dce_grid = _grid(scanner.dce, scanner.dce.in_plane_mm, scanner.dce.slice_mm, centre)
    dce = dynamic.dynamic_series(
        body,
        scanner.dce,
        scanner.field_t,
        coil,
        dce_grid,
        timing.after_injection_s - arrival_s,
        displacement,
    )
    dce_sigma = dynamic.reference_signal(scanner.dce, scanner.field_t) / scanner.dce.snr

    dwi_grid = _grid(scanner.dwi, scanner.dwi.in_plane_mm, scanner.dwi.slice_mm, centre)
    shift_mm = scanner.dwi.epi_shift_mm * rng.uniform(-1, 1)
    dwi = weighted.weighted_series(body, scanner.dwi, scanner.field_t, coil, dwi_grid, shift_mm)
    dwi_sigma = weighted.reference_signal(scanner.dwi, scanner.field_t) / scanner.dwi.snr

    noise = generator(seed, patient.site, patient.index, "noise")
    return Exam(
        dce=gain * rician(dce, dce_sigma, noise),
        dce_grid=dce_grid,
        timing=timing,
        displacement_mm=displacement,
        tumour=body.tumour.level(dce_grid.points_mm()) < 1,
        dwi=gain * rician(dwi, dwi_sigma, noise),
        dwi_grid=dwi_grid,
    )


def _grid(stack: Stack, in_plane_mm: float, slice_mm: float, centre_mm: Array) -> Grid:
    return Grid.centred(
        stack.plane,
        (stack.slices, stack.rows, stack.columns),
        (slice_mm, in_plane_mm, in_plane_mm),
        centre_mm,
        stack.tilt_deg,
    )


def _coil(body: Body, scanner: Scanner, site: np.random.Generator, exam: np.random.Generator) -> Coil:
    """Coil of the site, laid a little differently in every exam; brighter towards the front."""
    direction = np.array([0.0, -1.0, 0.0]) + site.normal(0, 0.5, 3) + exam.normal(0, 0.2, 3)
    return Coil(
        b1_asymmetry=scanner.b1_asymmetry * float(np.exp(exam.normal(0, 0.15))),
        bias=scanner.bias * float(np.exp(exam.normal(0, 0.15))),
        direction=direction / np.linalg.norm(direction),
        centre_mm=body.breast.middle_mm,
    )
