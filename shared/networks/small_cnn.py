"""A small convolutional network: three layers of `width`, 2 and 4 times `width` channels; 25,000 weights at 16."""

from torch import nn

from shared.networks.norm import norm
from shared.sections.network import Input, SmallCnn, WidthForm

STAGES = 3


def small_cnn(form: SmallCnn, seen: Input) -> tuple[nn.Module, int]:
    """The body and the number of values that it gives."""
    return layers(form, seen.spatial, seen.stacked)


def layers(form: WidthForm, spatial: int, channels: int) -> tuple[nn.Module, int]:
    """The same of any form, on so many spatial dimensions and input channels."""
    width = form.width
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
            norm(form, wider, spatial),
            nn.ReLU(),
        ]
        if stage < STAGES - 1:
            parts.append(pool(2))
        channels = wider
    return nn.Sequential(*parts, mean(1), nn.Flatten()), channels
