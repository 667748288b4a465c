"""What layers of normalization leave of an image."""

import pytest
import torch

from shared.networks.registry import build
from shared.sections.network import Network


@pytest.mark.parametrize(("norm", "sees_amounts"), [("group", False), ("instance", False), ("batch", True)])
def test_which_norms_take_out_how_bright_an_image_is(norm: str, sees_amounts: bool) -> None:
    """Without a bias before the first norm, an image three times as bright is the same image, but for batch norm."""
    network = Network.model_validate(
        {
            "input": {"channels": ["percent_enhancement"], "size": [16, 16], "intensity": "common"},
            "architecture": {"name": "small_cnn", "width": 8, "norm": norm},
        }
    )
    torch.manual_seed(1)
    model, images, nothing = build(network).eval(), 50 + 20 * torch.randn(4, 1, 16, 16), torch.zeros(4, 0)
    with torch.inference_mode():
        once, brighter = model(images, nothing), model(3 * images, nothing)
    assert bool((once - brighter).abs().max() > 1e-2) == sees_amounts
