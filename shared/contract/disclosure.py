"""What a number that leaves can tell: over whom it sums, which equation it is about what, its range and its unit."""

from collections.abc import Mapping
from enum import StrEnum
from math import log2
from types import MappingProxyType


class Cell(StrEnum):
    """What parts the patients into the sets over which a quantity sums; each set is a union of such parts."""

    SITE = "site"
    SCANNER = "scanner"
    VENDOR = "make of scanner"
    FOLD = "fold"
    INNER_FOLD = "inner fold"
    LEFT_OUT_SITE = "left-out site"
    CLASS = "class"
    PERMUTATION = "shuffled label"
    SITE_LABEL = "permuted site label"
    LEVEL = "level of a feature (low, middle, high)"
    VALUE = "range of a feature's values"
    VOXEL = "range of a map's values"
    PRESENCE = "whether a feature is known"
    SCORE = "range of the score"
    CALL = "class that the model calls"
    ERROR = "range of the error"
    NODE = "node of a tree"
    RESAMPLE = "patients drawn anew by chance"
    MEASURED = "measured several times"


class Content(StrEnum):
    """What kind of number it is of each patient: which equation each number is, for whoever solves for patients."""

    COUNT = "count"
    FIRST = "sum"
    SQUARE = "sum of squares"
    CUBE = "sum of cubes"
    PRODUCT = "sum of products"
    LOSS = "loss"
    GRADIENT = "gradient"
    HESSIAN = "second derivative"
    RANKS = "ranking"
    MODEL = "trained model"
    CHANGE = "change of weights"
    SCALE = "power of two"
    MEASURE = "measure of the model"


class Columns(StrEnum):
    """What a number is about."""

    NOTHING = "patients only"
    FEATURES = "features"
    SHORTLIST = "features of the shortlist"
    MODEL = "features of the model"
    COVARIATES = "covariates"
    CLINICAL = "clinical variables and volume"
    ENDPOINT = "endpoint"
    SCORES = "scores of the model"
    IMAGES = "images"
    PROTOCOL = "protocol of the scanner"


class Whole(StrEnum):
    """Range of a whole number."""

    PATIENTS = "0 to the number of patients"
    PAIRS = "0 to the number of pairs of patients"
    SITES = "0 to the number of sites"
    FLAG = "0 or 1"

    def most(self, patients: int) -> int:
        """Largest that it can be; there are no more sites than patients.

        Parameters
        ----------
        patients : over whom it is
        """
        match self:
            case Whole.PATIENTS | Whole.SITES:
                return patients
            case Whole.PAIRS:
                return patients * (patients - 1) // 2
            case Whole.FLAG:
                return 1

    def bits(self, patients: int, sites: int) -> float:
        """Most that one such number tells, in bits."""
        return log2(1 + (sites if self is Whole.SITES else self.most(patients)))


class Least(StrEnum):
    """Fewest patients under a number."""

    TOGETHER = "whatever is combined is about at least the site's minimum of patients"
    """Of sums under masks: the site's policy decides before the first of them leaves."""
    SITE = "all patients of the site, who are at least the study's minimum"
    SHOWN = "hidden where it would be about fewer patients than the study's minimum"
    NONE = "about no patients"


class Unit(StrEnum):
    """Unit of a sum of values, or of their squares and products."""

    OWN = "the column's own unit"
    COMMON = "common units: 1 is a standard deviation over all sites"
    MAP = "the map's unit"
    LANDMARK = "0 to 100, the scale of the standard histogram"
    RANGE = "parts of the plausible range"
    NATS = "nats"
    PATIENTS = "patients"
    PAIRS = "pairs of patients"
    SITES = "sites"
    NONE = "without a unit"


_UNITS: Mapping[Content, Unit] = MappingProxyType(
    {
        Content.COUNT: Unit.PATIENTS,
        Content.LOSS: Unit.NATS,
        Content.GRADIENT: Unit.NATS,
        Content.HESSIAN: Unit.NATS,
        Content.RANKS: Unit.PAIRS,
        Content.MODEL: Unit.NONE,
        Content.CHANGE: Unit.NONE,
        Content.SCALE: Unit.NONE,
        Content.MEASURE: Unit.NONE,
    }
)
"""Where none is stated; else common units, which features have once they are harmonized."""
_UNITS_OF_WHOLE = {
    Whole.PATIENTS: Unit.PATIENTS,
    Whole.PAIRS: Unit.PAIRS,
    Whole.SITES: Unit.SITES,
    Whole.FLAG: Unit.NONE,
}


def unit_of(content: Content, whole: Whole | None, unit: Unit | None) -> Unit:
    """The unit that is stated, or else what such numbers have."""
    if unit is not None:
        return unit
    return _UNITS_OF_WHOLE[whole] if whole is not None else _UNITS.get(content, Unit.COMMON)
