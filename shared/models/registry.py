"""Models that a study can name, and the convex families among them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.models.averaged import AveragedNetwork
from shared.models.boosted import HistogramBoosting
from shared.models.components import OfComponents
from shared.models.discriminant import LinearDiscriminant, QuadraticDiscriminant
from shared.models.family import Family
from shared.models.learner import Learner
from shared.models.least_squares import LeastSquares
from shared.models.linear import Linear
from shared.models.logistic import Logistic
from shared.models.multinomial import Multinomial
from shared.models.newton import ByNewton
from shared.models.ordinal import Ordinal
from shared.models.paths import PenalizedLogistic
from shared.models.site_ensembles import BaggedBoosting, Forest
from shared.models.svm import Svm
from shared.sections.model import ModelSettings

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "logistic": Logistic(),
        "multinomial": Multinomial(),
        "ordinal": Ordinal(),
        "linear": Linear(),
        "svm": Svm(),
    }
)
_MULTINOMIAL = ByNewton(FAMILIES["multinomial"], "Multinomial logistic regression")
LEARNERS: Mapping[str, Learner[Any]] = MappingProxyType(
    {
        "logistic": PenalizedLogistic(),
        "multinomial": _MULTINOMIAL,
        "ordinal": ByNewton(FAMILIES["ordinal"], "Ordinal logistic regression (proportional odds)"),
        "linear": LeastSquares(),
        "svm": ByNewton(FAMILIES["svm"], "A linear support vector machine (squared hinge)"),
        "pca": OfComponents(PenalizedLogistic(), _MULTINOMIAL),
        "lda": LinearDiscriminant(),
        "qda": QuadraticDiscriminant(),
        "boosting": HistogramBoosting(),
        "mlp": AveragedNetwork(),
        "forest": Forest(),
        "xgboost": BaggedBoosting(),
    }
)


def learner_of(section: ModelSettings) -> Learner[Any]:
    """The learner of a study's model, which takes the section of its kind."""
    return LEARNERS[section.kind]


def beside(kind: str, classes: int) -> str:
    """Family of the models on few columns (clinical variables, volume, the score) beside a study's model."""
    if kind in FAMILIES and FAMILIES[kind].calibrated:
        return kind
    return "logistic" if classes == 2 else "multinomial"
