"""The threshold from which a patient is called positive: chosen on training patients, by Youden's index."""

from dataclasses import dataclass

from shared.arrays import Array
from shared.metrics.confusion import youden_threshold
from shared.study.plan import Arm, judged
from shared.study.study import Study


@dataclass(frozen=True)
class Place:
    """An arm in an outer fit, for one class against the others."""

    arm: Arm
    outer: int
    target: int


def places(study: Study, count: int) -> tuple[Place, ...]:
    """All thresholds of a study with so many outer fits, in the order of their axis; none of a continuous endpoint."""
    if study.question.endpoint.continuous:
        return ()
    return tuple(Place(arm, outer, target) for arm, target in _pairs(study) for outer in range(count))


def threshold(study: Study, training_scores: Array, arm: Arm, outer: int, target: int) -> float:
    """Threshold of an arm in an outer fit; one half where a class is missing.

    Parameters
    ----------
    study : the study
    training_scores : (thresholds, 2, bins) patients of all sites by class and score, in the order of `places`
    arm, outer, target : which
    """
    pairs = _pairs(study)
    count = len(training_scores) // len(pairs)
    scores = training_scores[pairs.index((arm, target)) * count + outer].round().astype(int)
    return youden_threshold(scores) if scores.sum(axis=-1).all() else 0.5


def _pairs(study: Study) -> list[tuple[Arm, int]]:
    """Arms and classes whose thresholds all sites choose together; a site that learns alone chooses alone."""
    return list(
        dict.fromkeys((compared.arm, compared.target) for compared in judged(study) if compared.arm is not Arm.ALONE)
    )
