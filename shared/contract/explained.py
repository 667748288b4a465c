"""By what the final model explains itself, as quantities of the evaluation."""

from shared.contract.axes import CLASSES, TARGETS
from shared.contract.disclosure import Cell, Columns, Content, Whole
from shared.contract.quantity import Axis, masked
from shared.training.explanation import MOVES, SETTINGS

_EXPLAINED = Axis(
    "explained features", "features of the final model, those of largest weight", lambda facts: facts.explained
)
_MOVES = Axis(
    "ranges of moves",
    "ranges of how far a feature moves the score",
    lambda _: len(MOVES) - 1,
    frozenset({Cell.SCORE}),
)
_SETTINGS = Axis("settings", "values at which a feature is held", lambda _: len(SETTINGS))

EXPLAINED = (
    masked(
        "attributed",
        (_EXPLAINED,),
        "how far a feature moves the score, summed over patients",
        *(Content.FIRST, Columns.MODEL),
    ),
    masked(
        "moved",
        (_EXPLAINED, _MOVES),
        "patients by how far a feature moves their score",
        *(Content.COUNT, Columns.MODEL),
        whole=Whole.PATIENTS,
    ),
    masked(
        "dependence",
        (_EXPLAINED, _SETTINGS, CLASSES),
        "risk were a feature at a value, summed over patients",
        *(Content.FIRST, Columns.MODEL),
    ),
    masked(
        "exchanged_u",
        (_EXPLAINED, TARGETS),
        "pairs ranked rightly were a feature another patient's",
        *(Content.RANKS, Columns.MODEL, Columns.ENDPOINT),
    ),
)
