"""Where a network is computed: on a GPU when there is one; the same code on the CPU."""

import logging
from contextlib import AbstractContextManager, nullcontext

import torch

log = logging.getLogger(__name__)


def device() -> torch.device:
    """The first GPU, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def arithmetic(precision: str, place: torch.device) -> AbstractContextManager[object]:
    """Context in which layers compute in the study's precision.

    float16 needs a GPU; elsewhere float32 is taken, which is more exact.
    """
    if precision == "float32" or (precision == "float16" and place.type != "cuda"):
        return nullcontext()
    return torch.autocast(place.type, dtype=getattr(torch, precision))


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python says that memory has run out."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)
