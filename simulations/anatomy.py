"""A patient's breast and tumour in millimetres and physical units, from her latent properties."""

import numpy as np
from numpy.typing import NDArray

from simulations.effects import Latent
from simulations.patient import Patient
from simulations.phantom.body import Body
from simulations.phantom.breast import Breast
from simulations.phantom.random_field import RandomField
from simulations.phantom.tumour import Tumour
from simulations.randomness import generator

Array = NDArray[np.float64]

_RADIUS_MM = (5.0, 13.0)


def anatomy(patient: Patient, seed: int) -> Body:
    """Anatomy of a patient; equal for every scanner that looks at her."""
    rng = generator(seed, patient.site, patient.index, "anatomy")
    side = 1.0 if patient.left else -1.0
    breast = Breast(
        base_mm=np.array([side * 75.0, 0.0, 0.0]) + rng.normal(0, 2, 3),
        semi_axes_mm=np.array([30.0, 42.0, 28.0]) * np.exp(rng.normal(0, 0.04, 3)),
        density=float(np.clip(0.55 - 0.008 * (patient.age - 54) + rng.normal(0, 0.15), 0.1, 0.95)),
        lobules=RandomField.draw(rng, correlation_mm=5.0),
        strands=RandomField.draw(rng, correlation_mm=2.0, waves=32),
    )
    radius_mm = float(np.clip(8.5 * np.exp(0.22 * patient.latent(Latent.SIZE)), *_RADIUS_MM))
    elongation = np.exp(rng.normal(0, 0.08, 3))
    tumour = Tumour(
        centre_mm=_place(breast, radius_mm, rng),
        radius_mm=radius_mm,
        elongation=elongation / np.cbrt(elongation.prod()),
        irregularity=float(np.clip(0.13 * np.exp(0.4 * patient.latent(Latent.IRREGULARITY)), 0.04, 0.26)),
        surface=RandomField.draw(rng, correlation_mm=0.45),
        heterogeneity=0.3 * np.exp(0.35 * patient.latent(Latent.HETEROGENEITY)),
        texture=RandomField.draw(rng, correlation_mm=2.5),
        core=float(np.clip(0.40 + 0.10 * patient.latent(Latent.CORE), 0.05, 0.7)),
        ktrans_per_min=0.22 * np.exp(0.35 * patient.latent(Latent.KTRANS)),
        ve=float(np.clip(0.45 * np.exp(0.2 * patient.latent(Latent.VE)), 0.15, 0.8)),
        vp=0.04,
        diffusivity_mm2_s=1.13e-3 * np.exp(0.16 * patient.latent(Latent.DIFFUSIVITY)),
        perfusion_fraction=0.06,
        kurtosis=1.05 * np.exp(0.18 * patient.latent(Latent.KURTOSIS)),
    )
    return Body(
        breast,
        tumour,
        tumour_t1=float(rng.uniform(0.93, 1.07)),
        background=float(np.exp(rng.normal(0, 0.35))),
    )


def _place(breast: Breast, radius_mm: float, rng: np.random.Generator) -> Array:
    """(3,) centre of the tumour: anywhere in the breast where it stays clear of skin and chest."""
    clearance = min(1.3 * radius_mm + 2.0, 0.5 * float(breast.semi_axes_mm.min()))
    while True:
        offset = rng.uniform((-1, -1, -1), (1, 0, 1)) * breast.semi_axes_mm
        point: Array = breast.base_mm + offset
        if offset[1] < -clearance and breast.depth_mm(point) > clearance:
            return point
