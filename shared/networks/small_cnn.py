"""A small convolutional network: three layers of `width`, 2 and 4 times `width` channels; 25,000 weights at 16."""

from torch import nn

from shared.networks.norm import norm
from shared.sections.network import Network

STAGES = 3


def small_cnn(network: Network) -> tuple[nn.Module, int]:
    """The body and the number of values that it gives."""
    return layers(network, network.input.stacked)


def layers(network: Network, channels: int) -> tuple[nn.Module, int]:
    """The same on another number of input channels."""
    spatial, width = network.input.spatial, network.architecture.width
    convolution, pool, mean = (
        (nn.Conv2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d)
        if spatial == 2
        else (nn.Conv3d, nn.MaxPool3d, nn.AdaptiveAvgPool3d)
    )
    parts: list[nn.Module] = []
    for stage in range(STAGES):
        wider = width * 2**stage
        parts += [
            convolution(channels, wider, 3, padding=1, bias=False),
            norm(network.architecture, wider, spatial),
            nn.ReLU(),
        ]
        if stage < STAGES - 1:
            parts.append(pool(2))
        channels = wider
    return nn.Sequential(*parts, mean(1), nn.Flatten()), channels
