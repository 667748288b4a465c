"""Normalization layers by name, and the parameters that belong to them."""

from typing import Any

from torch import nn

from shared.sections.network import ImageForm

GROUPS = 8
"""Most groups of a group norm; fewer where they would not divide its channels."""


def groups(channels: int) -> int:
    """Largest number of groups, at most `GROUPS`, that divides the channels."""
    return max(count for count in range(1, min(GROUPS, channels) + 1) if channels % count == 0)


def monai_norm(form: ImageForm, channels: int) -> Any:
    """What MONAI's networks take as `norm`.

    Parameters
    ----------
    form : the architecture
    channels : smallest number of channels that is normalized; widths are multiples of it
    """
    if form.norm == "group":
        return ("group", {"num_groups": groups(channels)})
    return (form.norm, {"affine": True})


def norm(form: ImageForm, channels: int, spatial: int) -> nn.Module:
    """One layer.

    Parameters
    ----------
    form : the architecture
    channels : that it normalizes
    spatial : dimensions of the image
    """
    if form.norm == "group":
        return nn.GroupNorm(groups(channels), channels)
    kinds = {
        "batch": (nn.BatchNorm2d, nn.BatchNorm3d),
        "instance": (nn.InstanceNorm2d, nn.InstanceNorm3d),
    }
    layer: nn.Module = kinds[form.norm][spatial - 2](channels, affine=True)
    return layer


def is_norm(module: nn.Module) -> bool:
    """Whether a layer normalizes: what FedBN keeps at its site."""
    return isinstance(module, (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm))
