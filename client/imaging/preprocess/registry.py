"""Every preprocessing step by its name in the study file."""

from collections.abc import Callable, Iterable
from typing import Any

from client.imaging.preprocess import breast_mask, crop_side, n4, nyul, register, resample, zscore
from client.imaging.preprocess.images import PatientImages
from shared.sections.imaging import Step

REGISTRY: dict[str, Callable[[PatientImages, Any], PatientImages]] = {
    "breast_mask": breast_mask.add_breast,
    "crop_side": crop_side.crop,
    "n4": n4.correct,
    "nyul": nyul.onto_standard,
    "register": register.correct_motion,
    "resample": resample.declare_grid,
    "zscore": zscore.standardize,
}


def preprocess(images: PatientImages, steps: Iterable[Step]) -> PatientImages:
    """Do a study's steps in their order, then bring everything onto the common grid."""
    for step in steps:
        images = REGISTRY[step.step](images, step)
    return resample.onto_common_grid(images)
