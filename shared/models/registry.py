"""Models that are trained from sums by Newton steps, by the name that a study gives them."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.models.family import Family
from shared.models.linear import Linear
from shared.models.logistic import Logistic
from shared.models.multinomial import Multinomial
from shared.models.ordinal import Ordinal
from shared.models.svm import Svm

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "logistic": Logistic(),
        "multinomial": Multinomial(),
        "ordinal": Ordinal(),
        "linear": Linear(),
        "svm": Svm(),
    }
)
