"""A trained network as a file that runs without this project: TorchScript, or ONNX with the extra `onnx`.

Both take images (patients, channels, ...) as the study's input describes them and variables (patients, variables),
standardized as the study did, and give the logit of the positive class. The number of patients is free.
"""

import io
import warnings

import torch
from torch import Tensor, nn

from shared.networks import weights as packed
from shared.networks.registry import build
from shared.networks.weights import Vector
from shared.sections.network import Network

TORCHSCRIPT = "network.pt"
"""Name of the file in a bundle."""


def torchscript(network: Network, weights: Vector) -> bytes:
    """The network as TorchScript, which `torch.jit.load` reads.

    Parameters
    ----------
    network : the study's section
    weights : (weights,) of one fit
    """
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "Converting a tensor")  # batch norm looks at how many values there are
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            _loaded(network, weights), _example(network), check_trace=False
        )
        torch.jit.save(traced, stream)
    return stream.getvalue()


def onnx(network: Network, weights: Vector) -> bytes:
    """The network as ONNX; raises ImportError without the extra."""
    stream = io.BytesIO()
    names = ["images", "variables"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _loaded(network, weights),
            _example(network),
            stream,  # type: ignore[arg-type]  # the exporter that is not torch.export's takes a stream
            input_names=names,
            output_names=["logit"],
            dynamic_axes={name: {0: "patients"} for name in (*names, "logit")},
            dynamo=False,
        )
    return stream.getvalue()


def _loaded(network: Network, weights: Vector) -> nn.Module:
    model = build(network)
    packed.put(model, weights)
    return model.eval()


def _example(network: Network) -> tuple[Tensor, Tensor]:
    seen, count = network.input, len(network.architecture.joined)
    channels = seen.stacked if network.architecture.sees_images else 0
    return torch.zeros(2, channels, *seen.size), torch.zeros(2, count)
