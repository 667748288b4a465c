"""A simulated patient: true HER2 class, latent properties of the tumour, and what the laboratory wrote down."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.cohort.her2 import Her2Status, her2_status
from simulations.effects import LATENTS, Effects, Latent, covariance
from simulations.hospital import Hospital, Prevalence
from simulations.randomness import generator

Array = NDArray[np.float64]

_GOLDEN = (np.sqrt(5) - 1) / 2
_AGE_YEARS = (28, 88)
_DIFFUSIVITY_PER_AGE = 0.2
"""Standard deviations of diffusivity per 11 years of age: what makes age worth keeping in harmonization."""


@dataclass(frozen=True)
class Patient:
    """One simulated patient.

    Attributes
    ----------
    site, index, patient_id : where, which (from 1), and the identifier in the DICOM
    status : true class: zero, low or positive
    latents : (latents,) in the order of `LATENTS`, in standard deviations
    age : whole years
    left : whether the tumour is in the left breast
    er, pr : hormone receptors, positive or not
    ki67_percent, grade : proliferation
    ihc, ish : as the laboratory recorded them; "" where not done
    """

    site: str
    index: int
    patient_id: str
    status: Her2Status
    latents: Array
    age: int
    left: bool
    er: bool
    pr: bool
    ki67_percent: int
    grade: int
    ihc: str
    ish: str

    def latent(self, latent: Latent) -> float:
        """One latent property, in standard deviations."""
        return float(self.latents[LATENTS.index(latent)])

    @property
    def recorded_status(self) -> Her2Status:
        """Class as derived from what the laboratory recorded."""
        return her2_status(self.ihc, self.ish)


def draw(effects: Effects, hospital: Hospital, seed: int, index: int) -> Patient:
    """Draw the patient of a number; no other patient is looked at.

    Classes follow the prevalence as closely as a sequence can (a golden-ratio sequence instead of coin flips),
    so that small hospitals have every class.
    """
    offset = generator(seed, hospital.name, "classes").uniform()
    status = _status(hospital.prevalence, (offset + index * _GOLDEN) % 1)
    rng = generator(seed, hospital.name, index, "patient")
    age = int(np.clip(np.rint(rng.normal(hospital.age_mean, hospital.age_sd)), *_AGE_YEARS))
    latents = effects.mean(status) + np.linalg.cholesky(covariance()) @ rng.standard_normal(len(LATENTS))
    latents[LATENTS.index(Latent.DIFFUSIVITY)] += _DIFFUSIVITY_PER_AGE * (age - 54) / 11
    receptor = latents[LATENTS.index(Latent.HORMONE_RECEPTOR)]
    proliferation = latents[LATENTS.index(Latent.PROLIFERATION)]
    er = bool(receptor > -0.75)
    ihc, ish = _stain(status, hospital, rng)
    return Patient(
        site=hospital.name,
        index=index,
        patient_id=f"{hospital.name}-{index:04d}",
        status=status,
        latents=latents,
        age=age,
        left=bool(rng.uniform() < 0.5),
        er=er,
        pr=er and bool(rng.uniform() < 0.85),
        ki67_percent=int(np.clip(np.rint(22 * np.exp(0.6 * proliferation)), 1, 95)),
        grade=1 + int(np.searchsorted((-0.9, 0.5), proliferation + 0.6 * rng.standard_normal())),
        ihc=ihc,
        ish=ish,
    )


def _status(prevalence: Prevalence, quantile: float) -> Her2Status:
    if quantile < prevalence.zero:
        return Her2Status.ZERO
    return Her2Status.LOW if quantile < prevalence.zero + prevalence.low else Her2Status.POSITIVE


def _stain(status: Her2Status, hospital: Hospital, rng: np.random.Generator) -> tuple[str, str]:
    """What the laboratory reads: IHC, and ISH where IHC is 2+."""
    equivocal, misread, untested, stained = rng.uniform(size=4)
    ihc = {
        Her2Status.ZERO: "0",
        Her2Status.LOW: "2+" if equivocal < 0.35 else "1+",
        Her2Status.POSITIVE: "2+" if equivocal < 0.25 else "3+",
    }[status]
    if misread < hospital.label_noise:
        ihc = {"0": "1+", "1+": "0"}.get(ihc, ihc)
    if ihc == "0" and hospital.records_ultralow:
        ihc = "ultralow" if stained < 0.55 else "null"
    if ihc != "2+" or untested < hospital.ish_missing:
        return ihc, ""
    return ihc, "positive" if status is Her2Status.POSITIVE else "negative"
