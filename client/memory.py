"""Memory that was used and is free again, given back to the system."""

import ctypes
import gc
import sys


def give_back() -> None:
    """Hand freed memory back, where the C library keeps it: between patients it would add up to a third of a worker.

    Volumes that only a cycle of references holds are let go first; else they may lie there through the next patient.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim is not None:
            trim(0)
