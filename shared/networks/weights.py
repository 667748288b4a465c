"""A network's weights as one vector: its order, its start, and what of it travels.

The start is drawn by NumPy's generator, not by torch's, so that it does not depend on the version or the device; a
site whose own differs shows it at the inventory (`digest`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.errors import Code, MrfedError
from shared.networks.norm import is_norm

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Entry:
    """One tensor of a network.

    Parameters
    ----------
    name : in the network's state
    shape : its axes
    norm : of a normalization layer
    learned : by gradients; running means and variances are not
    """

    name: str
    shape: tuple[int, ...]
    norm: bool
    learned: bool

    @property
    def size(self) -> int:
        """Numbers in it."""
        return int(np.prod(self.shape, dtype=int))


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor, nn.Module, bool]]:
    for prefix, module in model.named_modules():
        own: list[tuple[str, Tensor, bool]] = [
            (name, tensor, tensor.requires_grad) for name, tensor in module.named_parameters(recurse=False)
        ]
        # Whole numbers, such as counts of batches, are nothing that is trained.
        own += [
            (name, tensor, False) for name, tensor in module.named_buffers(recurse=False) if tensor.is_floating_point()
        ]
        for name, tensor, learned in own:
            yield f"{prefix}.{name}" if prefix else name, tensor, module, learned


def layout(model: nn.Module) -> tuple[Entry, ...]:
    """What the vector of a network's weights holds, in order."""
    return tuple(
        Entry(name, tuple(tensor.shape), is_norm(of), learned) for name, tensor, of, learned in _tensors(model)
    )


def size(model: nn.Module) -> int:
    """Length of the vector."""
    return sum(entry.size for entry in layout(model))


def norms(model: nn.Module) -> NDArray[np.bool_]:
    """(weights,) which belong to normalization layers."""
    return np.concatenate([np.full(entry.size, entry.norm) for entry in layout(model)])


def get(model: nn.Module) -> Vector:
    """(weights,) as they stand."""
    return np.concatenate([tensor.detach().float().cpu().numpy().ravel() for _, tensor, _, _ in _tensors(model)])


def put(model: nn.Module, vector: Vector) -> None:
    """Set a network's weights.

    Raises
    ------
    MrfedError (`NOT_IN_CONTRACT`) where the vector is that of another network, or not finite.
    """
    if vector.shape != (size(model),):
        raise MrfedError(
            Code.NOT_IN_CONTRACT,
            f"weights of shape {vector.shape} do not fit a network of {size(model)}; compare both sides' versions",
        )
    if not np.isfinite(vector).all():
        raise MrfedError(Code.NOT_CONVERGED, "weights are not finite; lower training.learning_rate")
    start = 0
    with torch.no_grad():
        for _, tensor, _, _ in _tensors(model):
            part = vector[start : start + tensor.numel()].reshape(tensor.shape)
            tensor.copy_(torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32)))
            start += tensor.numel()


def unpack(model: nn.Module, vector: Vector) -> list[Tensor]:
    """Parts of a vector, in the form of the parameters that are learned and on their device, in their order."""
    parts, start = {}, 0
    for name, tensor, _, learned in _tensors(model):
        if learned:
            part = np.ascontiguousarray(vector[start : start + tensor.numel()].reshape(tensor.shape), dtype=np.float32)
            parts[name] = torch.from_numpy(part).to(tensor.device)
        start += tensor.numel()
    return [parts[name] for name, parameter in model.named_parameters() if parameter.requires_grad]


def draw(model: nn.Module, seed: int) -> Vector:
    """(weights,) to start from: He's normal distribution for weights, zeros for biases, ones for norms' scales.

    Reference: He et al., ICCV 2015, equation 10.
    """
    random = np.random.default_rng([seed, 0x6D72])
    parts = []
    for entry in layout(model):
        last = entry.name.rsplit(".", 1)[-1]
        if len(entry.shape) >= 2:
            fan_in = int(np.prod(entry.shape[1:]))
            values = random.standard_normal(entry.size) * np.sqrt(2 / fan_in)
        else:
            values = np.full(entry.size, float(last in ("weight", "running_var")))
        parts.append(values.astype(np.float32))
    return np.concatenate(parts)


def digest(vector: Vector) -> str:
    """SHA-256 of weights, in hexadecimal: equal at two sites only where they start alike."""
    return hashlib.sha256(np.ascontiguousarray(vector, dtype="<f4").tobytes()).hexdigest()


def pretrained(model: nn.Module, start: Vector, path: Path, expected: str) -> Vector:
    """Weights of a file laid over a start, where names and shapes agree.

    Parameters
    ----------
    model : the network
    start : (weights,) of what the file does not hold, such as another head
    path : state dictionary that `torch.save` wrote; nothing else is unpickled
    expected : SHA-256 of the file that the study names

    Raises
    ------
    MrfedError where the file is missing, is another one, is no state dictionary, or holds nothing that fits.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MrfedError(
            Code.DATA_MISSING, f"{path.name}: the weights to start from are not there; put the file under pretrained/"
        ) from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise MrfedError(
            Code.DATA_INCONSISTENT, f"{path.name}: not the file that the study names; compare architecture.pretrained"
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        held = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    except Exception as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{path.name}: no state dictionary of tensors; write it with torch.save"
        ) from error
    vector, place, taken = start.copy(), 0, 0
    for entry in layout(model):
        # as our own networks name it, or as the body alone was saved
        value = held.get(entry.name, held.get(entry.name.removeprefix("body.")))
        if value is not None and tuple(value.shape) == entry.shape:
            vector[place : place + entry.size] = value.float().numpy().ravel()
            taken += 1
        place += entry.size
    if not taken:
        raise MrfedError(Code.DATA_INCONSISTENT, f"{path.name}: holds no tensor of this network; name another form")
    return vector
