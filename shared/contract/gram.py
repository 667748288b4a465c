"""Cross-products of a shortlist: correlations, redundancy and the first step of training follow from them."""

from shared.contract.axes import CLASSES, REGRESSED, TASKS
from shared.contract.disclosure import Cell, Columns, Content, Unit, Whole
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.quantity import Axis, counts, masked
from shared.models.registry import learner_of
from shared.sections.selection import Mrmr
from shared.selection.mrmr import LEVELS
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.permutation_plan import crosses_anew
from shared.study.plan import blocks


def _pairs(count: int) -> int:
    return count * (count + 1) // 2


def _levels(facts: Facts) -> int:
    by_levels = isinstance(facts.study.selection, Mrmr) and not facts.study.question.endpoint.continuous
    return facts.listed * LEVELS if by_levels else 0


def _apart(facts: Facts) -> int:
    by_class = learner_of(facts.study.model).by_class
    return len(facts.study.question.endpoint.classes) if by_class else 0


_LISTED_PAIRS = Axis(
    "pairs of the shortlist",
    "any two features of the shortlist, and each with itself",
    lambda facts: _pairs(facts.listed),
)
_LISTED = Axis(
    "shortlist",
    "features of the shortlist, where half-samples are drawn from it",
    lambda facts: facts.listed if blocks(facts.study) else 0,
)
_APART = Axis(
    "classes apart",
    "values of the endpoint, where the model looks at the features of each apart, else none",
    _apart,
    frozenset({Cell.CLASS}),
)
_BLOCKS = Axis(
    "inner folds",
    "parts of the training patients, of which half-samples are made, else none",
    lambda facts: blocks(facts.study),
    frozenset({Cell.INNER_FOLD}),
)
_LEVELS = Axis(
    "levels",
    "low, middle and high of each feature of the shortlist, where redundancy is measured by them, else none",
    _levels,
    frozenset({Cell.LEVEL}),
)
_LEVEL_PAIRS = Axis(
    "pairs of levels",
    "any two levels of any two features of the shortlist",
    lambda facts: _pairs(_levels(facts)),
    frozenset({Cell.LEVEL}),
)
_OF_FEATURES = (Content.PRODUCT, Columns.SHORTLIST)

GRAM = Exchange(
    Step.GRAM,
    "Products of the features of a shortlist, from which the model's features are chosen and training begins.",
    "studies with a model on features",
    asked=lambda study: kind_of(study) is Kind.FEATURES,
    robust=True,
    quantities=(
        masked("products", (TASKS, _LISTED_PAIRS), "products of any two features of a shortlist", *_OF_FEATURES),
        masked("class_products", (TASKS, _APART, _LISTED_PAIRS), "the same by class", *_OF_FEATURES),
        counts("block_totals", (TASKS, _BLOCKS, CLASSES), "training patients of an inner fold, by class"),
        masked(
            "block_sums",
            (TASKS, _BLOCKS, CLASSES, _LISTED),
            "sum of a feature of a shortlist over them",
            *(Content.FIRST, Columns.SHORTLIST),
        ),
        masked(
            "block_products", (TASKS, _BLOCKS, _LISTED_PAIRS), "products of any two features over them", *_OF_FEATURES
        ),
        masked(
            "block_outcomes",
            (TASKS, _BLOCKS, REGRESSED),
            "sum of the outcome over them",
            *(Content.FIRST, Columns.ENDPOINT),
            unit=Unit.RANGE,
        ),
        masked(
            "block_outcome_products",
            (TASKS, _BLOCKS, REGRESSED, _LISTED),
            "products of outcome and feature",
            *(Content.PRODUCT, Columns.ENDPOINT, Columns.SHORTLIST),
            unit=Unit.RANGE,
        ),
        masked(
            "level_pairs",
            (TASKS, _LEVEL_PAIRS),
            "patients by the levels (low, middle, high) of two features",
            *(Content.COUNT, Columns.SHORTLIST),
            whole=Whole.PATIENTS,
        ),
        masked(
            "class_levels",
            (TASKS, CLASSES, _LEVELS),
            "patients by class and the level of a feature",
            *(Content.COUNT, Columns.SHORTLIST),
            whole=Whole.PATIENTS,
        ),
    ),
)
SHUFFLE_GRAM = GRAM.under_permutation(asked=crosses_anew)
