"""Random changes of training images, by MONAI's transforms."""

from collections.abc import Callable
from math import radians

import torch
from monai.data import get_track_meta, set_track_meta
from monai.transforms import Compose, RandAffine, RandBiasField, RandFlip, RandGaussianNoise
from torch import Tensor

from shared.sections.network import Augmentation

Augment = Callable[[Tensor], Tensor]


def augmenter(settings: Augmentation, size: tuple[int, ...], seed: int) -> Augment | None:
    """Random changes of a batch (patients, channels, ...) in training; None where the study asks for none.

    Parameters
    ----------
    settings : the study's
    size : of the images
    seed : equal seeds change equal series of batches alike
    """
    chain: list[Callable[[Tensor], Tensor]] = []
    if settings.flips:
        chain += [RandFlip(prob=0.5, spatial_axis=axis) for axis in range(len(size))]
    if settings.rotation_deg or settings.scaling or settings.shift:
        # in 3D about the axis across the slices: voxels are seldom cubes
        turn = radians(settings.rotation_deg)
        chain.append(
            RandAffine(
                prob=1.0,
                rotate_range=(turn,),
                scale_range=(settings.scaling,) * len(size),
                translate_range=tuple(settings.shift * edge for edge in size),
                padding_mode="border",
                cache_grid=True,
                spatial_size=size,
            )
        )
    if settings.noise:
        chain.append(RandGaussianNoise(prob=1.0, std=settings.noise))
    if settings.bias_field:
        chain.append(RandBiasField(prob=1.0, degree=2, coeff_range=(0.0, settings.bias_field)))
    if not chain:
        return None
    changes = Compose(chain).set_random_state(seed)

    def augment(images: Tensor) -> Tensor:
        # where an image lies in the patient matters no more: following it would take most of the time
        tracked = get_track_meta()
        set_track_meta(False)
        try:
            return torch.stack([torch.as_tensor(changes(image)) for image in images])
        finally:
            set_track_meta(tracked)

    return augment
