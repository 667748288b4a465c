"""A study's frozen harmonization, as the functions of this site take it."""

import math
from collections.abc import Iterable

import numpy as np

from client.cohort.harmonize import Fitted
from client.prediction.kept_effects import KeptEffect
from harmonization.covbat import Components
from harmonization.federated import Consensus
from harmonization.normalizing_transform import Centre, NormalizingTransform
from shared.arrays import Array
from shared.results.frozen_harmonization import FrozenComponents, FrozenHarmonization, FrozenTransform


def normalized(frozen: FrozenHarmonization, x: Array) -> Array:
    """(n, features) transformed, where the study did so."""
    if frozen.transform is None:
        return x
    return _normalizing_transform(frozen.transform).apply(x)


def fitted(frozen: FrozenHarmonization, incomplete: Array) -> Fitted:
    """What the sites agreed on in the fit of all patients.

    Parameters
    ----------
    frozen : of the result
    incomplete : features that some patient here lacks
    """
    consensus = Consensus(
        count=np.array(float(frozen.patients)),
        alpha=_measured(frozen.alpha),
        beta=np.array(frozen.beta).reshape(len(frozen.beta), len(frozen.alpha)),
        variance=np.array(frozen.variance),
    )
    joined = {
        name: KeptEffect(gamma=kept.gamma, delta=kept.delta).effect() for name, kept in sorted(frozen.joined.items())
    }
    return Fitted(consensus, incomplete, joined, _components(frozen.components, consensus.count))


def _normalizing_transform(frozen: FrozenTransform) -> NormalizingTransform:
    return NormalizingTransform(
        Centre(np.array(frozen.middle), np.array(frozen.deviation)),
        np.array(frozen.exponents),
        powers=None if frozen.powers is None else np.array(frozen.powers),
        counts=None if frozen.counts is None else np.array(frozen.counts),
    )


def _components(frozen: FrozenComponents | None, count: Array) -> Components | None:
    if frozen is None:
        return None
    directions = np.array(frozen.directions)
    kept = directions.shape[1]
    return Components(
        centre=np.array(frozen.centre),
        scale=np.array(frozen.scale),
        directions=directions,
        share=np.full(kept, np.nan),
        scores=Consensus(count, np.zeros(kept), np.zeros((0, kept)), np.array(frozen.variance)),
    )


def _measured(values: Iterable[float | None]) -> Array:
    return np.array([math.nan if value is None else value for value in values])
