"""All exchanges, in order: coordinator and sites walk this tuple, and a site lets nothing leave that is not in it."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contract.combine import COMBINE
from shared.contract.describe import DESCRIBE
from shared.contract.enrolment import ENROLL
from shared.contract.evaluate import EVALUATE
from shared.contract.exchange import Exchange
from shared.contract.finish import FINISH
from shared.contract.gram import GRAM, SHUFFLE_GRAM
from shared.contract.habitats import CELLS, CLUSTER, VOXELS
from shared.contract.harmonize import COVARIANCE, HARMONIZE
from shared.contract.inventory import INVENTORY
from shared.contract.lost_sites import AGREE, DISCLOSE
from shared.contract.moments import MOMENTS, SHUFFLE_MOMENTS
from shared.contract.network import EXPLAIN, OPEN_ROUND, ROUND, TRAINING_WEIGHTS
from shared.contract.noise import NOISY_SCORES, NOISY_SUMS
from shared.contract.normalize import NORMALIZE
from shared.contract.permutation import SHUFFLE_EVALUATE
from shared.contract.probe import PROBE_GROW, PROBE_LABELS, PROBE_PREDICT
from shared.contract.residuals import RESIDUALS
from shared.contract.stability import STABILITY
from shared.contract.survey import SURVEY
from shared.contract.threshold import THRESHOLD
from shared.contract.train import (
    AVERAGE,
    ENSEMBLE,
    GROW,
    SHUFFLE_AVERAGE,
    SHUFFLE_ENSEMBLE,
    SHUFFLE_GROW,
    SHUFFLE_TRAIN,
    TRAIN,
)
from shared.contract.transform import TRANSFORM
from shared.contract.tune import SHUFFLE_TUNE, TUNE
from shared.step import Step

VERSION = 2
"""Of the contract; what was approved under another has to be approved anew."""

EXCHANGES: tuple[Exchange, ...] = (
    ENROLL,
    SURVEY,
    NOISY_SUMS,
    NOISY_SCORES,
    NORMALIZE,
    VOXELS,
    CELLS,
    CLUSTER,
    INVENTORY,
    TRAINING_WEIGHTS,
    ROUND,
    OPEN_ROUND,
    EXPLAIN,
    DESCRIBE,
    STABILITY,
    TRANSFORM,
    HARMONIZE,
    COVARIANCE,
    MOMENTS,
    GRAM,
    TRAIN,
    GROW,
    AVERAGE,
    ENSEMBLE,
    TUNE,
    COMBINE,
    THRESHOLD,
    EVALUATE,
    RESIDUALS,
    SHUFFLE_MOMENTS,
    SHUFFLE_GRAM,
    SHUFFLE_TRAIN,
    SHUFFLE_GROW,
    SHUFFLE_AVERAGE,
    SHUFFLE_ENSEMBLE,
    SHUFFLE_TUNE,
    SHUFFLE_EVALUATE,
    PROBE_LABELS,
    PROBE_GROW,
    PROBE_PREDICT,
    FINISH,
)
"""In the order in which a study asks them; each study asks some."""

PARTS: tuple[Exchange, ...] = (AGREE, DISCLOSE)
"""Questions that belong to another exchange, where sites may be lost in it."""

_BY_STEP: Mapping[Step, Exchange] = MappingProxyType({exchange.step: exchange for exchange in (*EXCHANGES, *PARTS)})


def exchange_of(step: Step) -> Exchange:
    """The exchange of a step."""
    return _BY_STEP[step]
