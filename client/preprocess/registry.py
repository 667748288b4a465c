"""Every preprocessing step by its name in the study file."""

from collections.abc import Callable, Iterable
from typing import Any

from client.preprocess import n4, register, resample
from client.preprocess.images import PatientImages
from shared.sections.imaging import Step

REGISTRY: dict[str, Callable[[PatientImages, Any], PatientImages]] = {
    "n4": n4.correct,
    "register": register.correct_motion,
    "resample": resample.declare_grid,
}


def preprocess(images: PatientImages, steps: Iterable[Step]) -> PatientImages:
    """Do a study's steps in their order, then bring everything onto the common grid."""
    for step in steps:
        images = REGISTRY[step.step](images, step)
    return resample.onto_common_grid(images)
