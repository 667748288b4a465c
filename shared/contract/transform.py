"""The normalizing transform of each feature before harmonization."""

from shared.contract.axes import FEATURES, FITS
from shared.contract.disclosure import Cell, Columns, Content
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, counts, masked, on
from shared.contract.scales import POWERS, SQUARES
from shared.sections.harmonization import Transform
from shared.step import Step
from shared.study.kind import Kind, kind_of

POWERS_TRIED = 61
"""From -2 to 4 (`harmonization.power`)."""
RANGES_OF_RANKS = 202
"""Ranges in which patients are counted (`harmonization.normal_scores`)."""

POWERED = Axis(
    "by powers",
    "once where the study transforms features by powers, else not at all",
    lambda facts: int(facts.study.harmonization.transform is Transform.POWER),
)
RANKED = Axis(
    "by ranks",
    "once where the study transforms features by ranks, else not at all",
    lambda facts: int(facts.study.harmonization.transform is Transform.RANK),
)
_TRIED = Axis("powers", "powers that are tried", lambda _: POWERS_TRIED)
_RANGES = Axis(
    "ranges of a feature", "ranges of a feature's values", lambda _: RANGES_OF_RANKS, frozenset({Cell.VALUE})
)
_PRESENT = frozenset({Cell.PRESENCE})

TRANSFORM = Exchange(
    Step.TRANSFORM,
    "By which power, or from which ranks, each feature becomes normally distributed.",
    "studies that transform features (`harmonization.transform`)",
    asked=lambda study: kind_of(study) is Kind.FEATURES and study.harmonization.transform is not Transform.NONE,
    quantities=(
        counts("count", (POWERED, FITS, FEATURES), "training patients who have a feature", by=_PRESENT),
        masked(
            "first",
            (POWERED, FITS, _TRIED, FEATURES),
            "sum of a feature under each of a grid of powers",
            *(Content.FIRST, Columns.FEATURES),
            encode=on(SQUARES),
        ),
        masked(
            "second",
            (POWERED, FITS, _TRIED, FEATURES),
            "sum of its squares under each power",
            *(Content.SQUARE, Columns.FEATURES),
            encode=on(POWERS),
        ),
        masked(
            "bend",
            (POWERED, FITS, FEATURES),
            "sum of its logarithms",
            *(Content.FIRST, Columns.FEATURES),
            encode=on(SQUARES),
        ),
        counts("cells", (RANKED, FITS, FEATURES, _RANGES), "training patients who have a feature in each range"),
    ),
)
