"""The training loop of one site: plain steps, whatever the strategy."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from client.networks.augment import augmenter
from client.networks.device import arithmetic, device, out_of_memory
from client.networks.examples import Examples
from client.networks.limits import Limits
from client.networks.sampling import batches, epoch
from shared.errors import Code, MrfedError
from shared.networks import weights as packed
from shared.networks.classifier import Classifier
from shared.sections.network import LocalTraining
from shared.strategies.strategy import Correction, Vector, Work

log = logging.getLogger(__name__)

RETRIES = 2
"""How often a round whose loss is no number is tried again, each time at half the rate."""

loss_of = nn.functional.binary_cross_entropy_with_logits


@dataclass(frozen=True)
class Round:
    """One fit's training in one round.

    Parameters
    ----------
    start : (weights,) where it begins
    rate : learning rate
    where : whom messages are about: site, fit and round
    random : of this fit and round; draws the order of patients and the seed of augmentation
    correction : what the strategy adds to gradients
    anchor : (weights,) to which the correction pulls; None for the start
    """

    start: Vector
    rate: float
    where: str
    random: Callable[[], np.random.Generator]
    correction: Correction = field(default_factory=Correction)
    anchor: Vector | None = None


def train(
    model: Classifier,
    examples: Examples,
    training: LocalTraining,
    task: Round,
    on_step: Callable[[int, int], None] = lambda *_: None,
) -> Work:
    """Train one fit for one round.

    Where memory runs out, batches are computed in halves whose gradients are added, so that steps stay the same (but
    for batch norm, which sees the halves).

    Parameters
    ----------
    model : whose weights are overwritten
    examples : training patients
    training : the study's settings
    task : what is to be done
    on_step : called with how many steps are done, and of how many

    Raises
    ------
    MrfedError (`OUT_OF_MEMORY`) where a single patient does not fit; (`NOT_CONVERGED`) where the loss is not finite
    at a quarter of the rate either.
    """
    limits = Limits(training.time_limit_s, training.memory_limit_mb)
    rate, together, tried = task.rate, min(training.batch_size, len(examples)), 0
    while True:
        try:
            return _train(model, examples, training, replace(task, rate=rate), together, limits, on_step)
        except _NotFinite:
            tried += 1
            if tried > RETRIES:
                raise MrfedError(
                    Code.NOT_CONVERGED,
                    f"{task.where}: the loss is not a number at learning rates from {task.rate:g} to {rate:g}; lower "
                    "training.learning_rate, or set training.gradient_clip",
                ) from None
            rate /= 2
            log.warning("%s: the loss is not a number; the round starts again at rate %g", task.where, rate)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if together == 1:
                raise MrfedError(
                    Code.OUT_OF_MEMORY,
                    f"{task.where}: memory does not hold the training of a single patient; use smaller crops or a "
                    "narrower network, or give the site more memory",
                ) from error
            together = -(-together // 2)
            log.warning("%s: out of memory; patients are now taken %d at a time", task.where, together)
        if device().type == "cuda":
            torch.cuda.empty_cache()


class _NotFinite(Exception):  # noqa: N818  (a signal within this file)
    pass


def _train(
    model: Classifier,
    examples: Examples,
    training: LocalTraining,
    task: Round,
    together: int,
    limits: Limits,
    on_step: Callable[[int, int], None],
) -> Work:
    place, random = device(), task.random()
    packed.put(model.to(place).train(), task.start)
    torch.manual_seed(int(random.integers(2**62)))  # dropout
    augment = augmenter(training.augmentation, tuple(examples.images.shape[2:]), int(random.integers(2**31)))
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = _optimizer(parameters, training, task.rate)
    scaler = torch.amp.GradScaler(enabled=place.type == "cuda" and training.precision == "float16")
    correct = _corrector(model, parameters, task)
    positive = examples.positive.numpy() > 0
    plans = [
        list(batches(epoch(positive, training.sampling, random), training.batch_size))
        for _ in range(training.local_epochs)
    ]
    steps, planned = 0, sum(map(len, plans))
    for rows in (step_rows for plan in plans for step_rows in plan):
        if steps and limits.time_is_up:
            log.warning("%s: time is up after %d of %d steps", task.where, steps, planned)
            break
        limits.require_memory()
        optimizer.zero_grad(set_to_none=True)
        for piece in np.array_split(rows, -(-len(rows) // together)):
            part = examples[piece]
            images = augment(part.images) if augment is not None and part.images.shape[1] else part.images
            with arithmetic(training.precision, place):
                logits = model(images.to(place), part.variables.to(place))
            loss = loss_of(logits.float(), part.positive.to(place))
            if not bool(torch.isfinite(loss)):
                raise _NotFinite
            torch.autograd.backward(scaler.scale(loss * (len(piece) / len(rows))))
        scaler.unscale_(optimizer)
        if training.gradient_clip is not None:
            norm = nn.utils.clip_grad_norm_(parameters, training.gradient_clip)
            if not scaler.is_enabled() and not bool(torch.isfinite(norm)):
                raise _NotFinite
        correct()
        scaler.step(optimizer)
        scaler.update()
        steps += 1
        on_step(steps, planned)
    end = packed.get(model)
    if not np.isfinite(end).all():
        raise _NotFinite
    spent = effort(steps, training.momentum)
    return Work(task.start, end, path=task.rate * spent, effort=spent)


def effort(steps: int, momentum: float) -> float:
    """How often momentum applies each gradient, added up: `steps` without it (Wang et al. 2020, section 4.2)."""
    if not momentum:
        return float(steps)
    return (steps - momentum * (1 - momentum**steps) / (1 - momentum)) / (1 - momentum)


def _optimizer(parameters: list[nn.Parameter], training: LocalTraining, rate: float) -> torch.optim.Optimizer:
    if training.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=training.weight_decay)
    return torch.optim.SGD(parameters, lr=rate, momentum=training.momentum, weight_decay=training.weight_decay)


def _corrector(model: Classifier, parameters: list[nn.Parameter], task: Round) -> Callable[[], None]:
    """What is added to the gradients after clipping, so that it is never clipped itself."""
    correction = task.correction
    if not correction.pull and correction.shift is None:
        return lambda: None
    anchors = packed.unpack(model, task.start if task.anchor is None else task.anchor)
    shifts = packed.unpack(model, correction.shift) if correction.shift is not None else None

    def correct() -> None:
        with torch.no_grad():
            for index, parameter in enumerate(parameters):
                assert parameter.grad is not None
                if correction.pull:
                    parameter.grad.add_(parameter - anchors[index], alpha=correction.pull)
                if shifts is not None:
                    parameter.grad.add_(shifts[index])

    return correct


def logits(model: Classifier, examples: Examples, weights: Vector, together: int = 64) -> NDArray[np.float64]:
    """(patients,) logit of the positive class.

    Parameters
    ----------
    model : whose weights are overwritten
    weights : (weights,) to predict with
    together : patients computed at once
    """
    return _forward(model, examples, weights, model.forward, together)


def last_layer(model: Classifier, examples: Examples, weights: Vector, together: int = 64) -> NDArray[np.float64]:
    """(patients, values) what the last layer sees."""
    return _forward(model, examples, weights, model.last_layer, together)


def _forward(
    model: Classifier,
    examples: Examples,
    weights: Vector,
    of: Callable[[Tensor, Tensor], Tensor],
    together: int,
) -> NDArray[np.float64]:
    place = device()
    packed.put(model.to(place).eval(), weights)
    batches_of_values = []
    with torch.inference_mode():
        for start in range(0, max(1, len(examples)), together):
            rows = slice(start, start + together)
            batches_of_values.append(
                of(examples.images[rows].to(place), examples.variables[rows].to(place)).float().cpu()
            )
    values: NDArray[np.float64] = torch.cat(batches_of_values).numpy().astype(np.float64)
    return values
