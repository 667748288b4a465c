"""DenseNet-121 as MONAI has it.

Reference: Huang et al., CVPR 2017.
"""

from monai.networks.nets import DenseNet121
from torch import nn

from shared.networks.norm import monai_norm
from shared.sections.network import DenseNet121 as DenseNet121Form
from shared.sections.network import Input

CHANNELS = 1024
"""Of its last layer."""
_GROWTH = 32
"""Channels that each layer adds: what its norms have is a multiple of it."""


def densenet121(form: DenseNet121Form, seen: Input) -> tuple[nn.Module, int]:
    """The body and the number of values that it gives."""
    full = DenseNet121(
        spatial_dims=seen.spatial,
        in_channels=seen.stacked,
        out_channels=1,
        norm=monai_norm(form, _GROWTH),
        dropout_prob=form.dropout,
    )
    pool = nn.AdaptiveAvgPool2d(1) if seen.spatial == 2 else nn.AdaptiveAvgPool3d(1)
    return nn.Sequential(full.features, nn.ReLU(), pool, nn.Flatten()), CHANNELS
