"""ResNet-10, narrow: one block a stage, `width` channels in the first, doubled in each further one.

Reference: He et al., CVPR 2016; the 10-layer form, Chen, Ma, Zheng, arXiv:1904.00625.
"""

from monai.networks.nets import ResNet
from torch import nn

from shared.networks.norm import monai_norm
from shared.sections.network import Input, ResNet10

STAGES = 4


def resnet10(form: ResNet10, seen: Input) -> tuple[nn.Module, int]:
    """The body and the number of values that it gives."""
    width = form.width
    body = ResNet(
        "basic",
        [1] * STAGES,
        [width * 2**stage for stage in range(STAGES)],
        spatial_dims=seen.spatial,
        n_input_channels=seen.stacked,
        # crops are small: the first layer keeps their resolution
        conv1_t_size=3,
        conv1_t_stride=1,
        feed_forward=False,
        norm=monai_norm(form, width),
    )
    return body, width * 2 ** (STAGES - 1)
