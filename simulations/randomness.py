"""Random numbers and identifiers that depend on names alone, never on order, clock or process."""

import hashlib
import uuid

import numpy as np

_NAMESPACE = uuid.UUID("6f0cbb2a-6f5e-5d1c-9b0e-2f1a4c7d9e35")


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Random generator of one purpose: equal arguments give equal streams, others independent ones.

    A patient's anatomy, noise and labels each have a stream of their own, so that any subset of patients, in
    any order and on any number of processes, comes out the same.

    Parameters
    ----------
    seed : seed of the whole cohort
    names : site, number of the patient, purpose
    """
    digest = hashlib.sha256(_path(seed, *names).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def uid(seed: int, *names: str | int) -> str:
    """DICOM identifier derived from names: a UUID under the root 2.25 (DICOM PS3.5, B.2)."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, _path(seed, *names)).int}"


def _path(seed: int, *names: str | int) -> str:
    return "/".join(str(name) for name in (seed, *names))
