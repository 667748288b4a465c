"""What chance gives: the models of shuffled labels, judged. What they learn from repeats the exchanges of training."""

from shared.contract.axes import TARGETS
from shared.contract.disclosure import Cell, Columns, Content, Whole
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, masked
from shared.step import Step
from shared.study.kind import Kind, kind_of

_SHUFFLES = Axis(
    "shuffles",
    "times that labels are exchanged by chance among the patients of a site's fold",
    lambda facts: facts.study.evaluation.permutations,
    frozenset({Cell.PERMUTATION}),
)

SHUFFLE_EVALUATE = Exchange(
    Step.SHUFFLE_EVALUATE,
    "How good models are that learned from labels which chance has shuffled: what the study's model must exceed.",
    "studies that shuffle labels (`evaluation.permutations`)",
    asked=lambda study: kind_of(study) is Kind.FEATURES and study.evaluation.permutations > 0,
    quantities=(
        masked(
            "shuffled_u",
            (_SHUFFLES, TARGETS),
            "pairs of shuffled class that are ranked rightly",
            *(Content.RANKS, Columns.SCORES, Columns.ENDPOINT),
        ),
        masked(
            "shuffled_pairs",
            (_SHUFFLES, TARGETS),
            "pairs of patients of different shuffled class",
            *(Content.COUNT, Columns.ENDPOINT),
            whole=Whole.PAIRS,
        ),
    ),
)
