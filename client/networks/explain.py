"""Where a network looks: Grad-CAM and occlusion, each compared with the lesion.

References: Selvaraju et al., ICCV 2017, equations 1 and 2 (Grad-CAM); Zeiler and Fergus, ECCV 2014, section 4.2
(occlusion).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from client.networks.device import device
from client.networks.examples import Examples
from shared.networks import weights as packed
from shared.networks.classifier import Classifier
from shared.strategies.strategy import Vector

ATTENTIONS = ("grad_cam", "occlusion")
MEASURES = ("patients", "attention_inside", "area_inside", "peak_inside")
"""Of each attention, added over patients: 1; share of the attention in the lesion; share of the crop that the lesion
is; 1 where the attention is largest in the lesion. A patient whose map is zero everywhere is not counted."""

PATCHES = {2: 6, 3: 4}
"""Patches along each edge that occlusion covers in turn, by spatial dimensions."""


def attention(model: Classifier, examples: Examples, weights: Vector) -> NDArray[np.float64]:
    """(attentions, measures) sums over patients.

    Parameters
    ----------
    model : whose weights are overwritten
    examples : with `inside`
    weights : (weights,) of the model to explain
    """
    packed.put(model.to(device()).eval(), weights)
    sums = np.zeros((len(ATTENTIONS), len(MEASURES)))
    for index in range(len(examples)):
        example = examples[np.array([index])]
        assert example.inside is not None
        inside = example.inside[0].numpy()
        sums[0] += _measured(grad_cam(model, example)[0], inside)
        sums[1] += _measured(occlusion(model, example)[0], inside)
    return sums


def _measured(attention_map: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    total = float(attention_map.sum())
    if not total > 0:
        return np.zeros(len(MEASURES))
    peak = inside[np.unravel_index(int(attention_map.argmax()), attention_map.shape)]
    return np.array([1.0, float(attention_map[inside].sum()) / total, float(inside.mean()), float(peak)])


def grad_cam(model: Classifier, examples: Examples) -> NDArray[np.float32]:
    """(patients, ...) how much the last feature maps speak for the class that is predicted, on the images' grid."""
    place = device()
    images = examples.images.to(place)
    size = tuple(images.shape[2:])
    maps: list[Tensor] = []

    def remember(_: nn.Module, __: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == images.ndim and min(output.shape[2:]) > 1:
            maps.append(output)

    assert model.body is not None
    hooks = [module.register_forward_hook(remember) for module in model.body.modules()]
    try:
        with torch.enable_grad():
            logit = model(images, examples.variables.to(place))
            last = maps[-1]
            (gradient,) = torch.autograd.grad((logit * logit.sign()).sum(), last)
    finally:
        for hook in hooks:
            hook.remove()
    weights = gradient.mean(dim=tuple(range(2, gradient.ndim)), keepdim=True)
    cam = torch.relu((weights * last).sum(dim=1, keepdim=True)).detach()
    # a network over time sees every phase as an image of its own
    cam = cam.reshape(len(images), -1, *cam.shape[2:]).mean(dim=1, keepdim=True)
    return _enlarged(cam, size)


def occlusion(model: Classifier, examples: Examples) -> NDArray[np.float32]:
    """(patients, ...) how far the logit moves where a patch of the image is put to its mean."""
    place = device()
    images, variables = examples.images.to(place), examples.variables.to(place)
    size = tuple(images.shape[2:])
    along = PATCHES[len(size)]
    edges = [np.linspace(0, edge, along + 1).round().astype(int) for edge in size]
    moved = torch.zeros((len(images), 1, *(along,) * len(size)))
    mean = images.mean(dim=tuple(range(2, images.ndim)), keepdim=True)
    with torch.inference_mode():
        before = model(images, variables)
        for patch in np.ndindex(*(along,) * len(size)):
            where = tuple(slice(own[at], own[at + 1]) for own, at in zip(edges, patch, strict=True))
            covered = images.clone()
            covered[(slice(None), slice(None), *where)] = mean
            moved[(slice(None), 0, *patch)] = (model(covered, variables) - before).abs().cpu()
    return _enlarged(moved, size)


def _enlarged(small: Tensor, size: tuple[int, ...]) -> NDArray[np.float32]:
    smooth = "bilinear" if len(size) == 2 else "trilinear"
    large = nn.functional.interpolate(small.float(), size=size, mode=smooth, align_corners=False)
    return np.asarray(large[:, 0].cpu().numpy(), dtype=np.float32)
