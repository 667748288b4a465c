"""DenseNet-121 as MONAI has it.

Reference: Huang et al., CVPR 2017.
"""

from monai.networks.nets import DenseNet121
from torch import nn

from shared.networks.norm import monai_norm
from shared.sections.network import Network

CHANNELS = 1024
"""Of its last layer."""
_GROWTH = 32
"""Channels that each layer adds: what its norms have is a multiple of it."""


def densenet121(network: Network) -> tuple[nn.Module, int]:
    """The body and the number of values that it gives."""
    full = DenseNet121(
        spatial_dims=network.input.spatial,
        in_channels=network.input.stacked,
        out_channels=1,
        norm=monai_norm(network.architecture, _GROWTH),
        dropout_prob=network.architecture.dropout,
    )
    pool = nn.AdaptiveAvgPool2d(1) if network.input.spatial == 2 else nn.AdaptiveAvgPool3d(1)
    return nn.Sequential(full.features, nn.ReLU(), pool, nn.Flatten()), CHANNELS
