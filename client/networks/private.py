"""Training that hides each patient's part: per-patient clipping and Gaussian noise (DP-SGD).

A site's update of one round is differentially private for adding or removing a patient, by itself, whatever the other
sites do. What is spent is counted over all rounds and all fits that a patient may train; what a study says besides its
updates (numbers of patients, the final evaluation) is not covered (`client.networks.accounting`,
`client.approval.privacy_budget`). Opacus gives the gradient of each patient.

Reference: Abadi et al., CCS 2016, algorithm 1.
"""

import secrets
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from client.networks.accounting import rate_and_steps
from client.networks.augment import augmenter
from client.networks.device import device
from client.networks.examples import Examples
from client.networks.loop import Round, effort, loss_of
from shared.errors import Code, MrfedError
from shared.networks import weights as packed
from shared.networks.classifier import Classifier
from shared.sections.network import DifferentialPrivacy, LocalTraining
from shared.strategies.strategy import Work


def train(
    model: Classifier,
    examples: Examples,
    training: LocalTraining,
    privacy: DifferentialPrivacy,
    task: Round,
    on_step: Callable[[int, int], None] = lambda *_: None,
    noise: torch.Generator | None = None,
) -> Work:
    """Train one fit for one round.

    Parameters
    ----------
    model, examples, training, task, on_step : as of `loop.train`
    privacy : the study's section
    noise : where the noise comes from; None draws it anew from the system, so that nobody who knows the study's seed
        can take it off. A round that is computed again has other noise

    Raises
    ------
    MrfedError (`DATA_MISSING`) where Opacus is not installed.
    """
    try:
        from opacus import GradSampleModule
    except ImportError as error:
        raise MrfedError(
            Code.DATA_MISSING, f"{task.where}: differential privacy needs Opacus; pip install 'mrfed[privacy]'"
        ) from error
    place, random = device(), task.random()
    if noise is None:
        noise = torch.Generator(place).manual_seed(secrets.randbits(63))
        random = np.random.default_rng(secrets.randbits(128))  # who is in a step is as secret as the noise
    packed.put(model.to(place).train(), task.start)
    augment = augmenter(training.augmentation, tuple(examples.images.shape[2:]), int(random.integers(2**31)))
    rate, steps = rate_and_steps(len(examples), training)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=task.rate, momentum=training.momentum)
    wrapped = GradSampleModule(model)
    try:
        for step in range(steps):
            optimizer.zero_grad(set_to_none=True)
            rows = np.flatnonzero(random.random(len(examples)) < rate)
            if rows.size:
                part = examples[rows]
                images = augment(part.images) if augment is not None and part.images.shape[1] else part.images
                logits = wrapped(images.to(place), part.variables.to(place))
                torch.autograd.backward(loss_of(logits, part.positive.to(place), reduction="sum"))
            _clip_and_blur(parameters, privacy, rate * len(examples), noise, blank=not rows.size)
            optimizer.step()
            on_step(step + 1, steps)
    finally:
        wrapped.remove_hooks()
        for parameter in parameters:
            parameter.grad = parameter.grad_sample = None  # type: ignore[attr-defined]
    count = effort(steps, training.momentum)
    return Work(task.start, packed.get(model), path=task.rate * count, effort=count)


def _clip_and_blur(
    parameters: list[nn.Parameter],
    privacy: DifferentialPrivacy,
    expected: float,
    noise: torch.Generator,
    *,
    blank: bool,
) -> None:
    """Put the noisy mean of the clipped gradients in place of the gradients."""
    scale = None
    if not blank:
        samples = [parameter.grad_sample for parameter in parameters]  # type: ignore[attr-defined]
        norm = torch.sqrt(sum((own.flatten(1) ** 2).sum(dim=1) for own in samples))
        scale = (privacy.largest_norm / (norm + 1e-6)).clamp(max=1.0)
    for parameter in parameters:
        total = torch.zeros_like(parameter)
        if scale is not None:
            total = torch.einsum("n,n...->...", scale, parameter.grad_sample)  # type: ignore[attr-defined]
        deviation = privacy.noise_multiplier * privacy.largest_norm
        blur = torch.randn(parameter.shape, generator=noise, device=parameter.device) * deviation
        parameter.grad = (total + blur) / expected
        parameter.grad_sample = None  # type: ignore[attr-defined]  # Opacus would add the next step's to it
