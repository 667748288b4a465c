"""A study with noise (differential privacy): all that its models are made of, and all that they are judged by."""

from shared.contract.axes import CLASSES, SCORE_RANGES
from shared.contract.disclosure import Cell, Columns, Content
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.quantity import Axis, masked
from shared.step import Step
from shared.study.kind import Kind, kind_of


def _width(facts: Facts) -> int:
    noise = facts.study.privacy.noise
    assert noise is not None
    return 1 + len(noise.ranges)


_PARTS = Axis("folds", "folds, each patient in one", lambda facts: facts.study.evaluation.folds, frozenset({Cell.FOLD}))
_BOUNDED = Axis("bounded features", "a one, and features with a range that the study declares", _width)
_PAIRS = Axis("pairs", "any two of these, and each with itself", lambda facts: _width(facts) * (_width(facts) + 1) // 2)

NOISY_SUMS = Exchange(
    Step.NOISY_SUMS,
    "All that the model is made of, with noise that hides every single patient.",
    "studies with differential privacy (`privacy.noise`)",
    asked=lambda study: kind_of(study) is Kind.NOISY,
    quantities=(
        masked(
            "curvature",
            (_PARTS, _PAIRS),
            "with noise: products of features, of the patients of each fold",
            *(Content.PRODUCT, Columns.FEATURES),
        ),
        masked(
            "slope",
            (_PARTS, _BOUNDED),
            "with noise: features of one class less those of the other, of each fold",
            *(Content.FIRST, Columns.FEATURES, Columns.ENDPOINT),
        ),
    ),
)
NOISY_SCORES = Exchange(
    Step.NOISY_SCORES,
    "All that the model is judged by, with noise.",
    "studies with differential privacy (`privacy.noise`)",
    asked=lambda study: kind_of(study) is Kind.NOISY,
    quantities=(
        masked(
            "noisy_scores",
            (CLASSES, SCORE_RANGES),
            "with noise: how many patients score in each range",
            *(Content.COUNT, Columns.SCORES, Columns.ENDPOINT),
        ),
    ),
)
