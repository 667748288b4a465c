"""Training of the study's model, of which a study has one kind: from sums, in all tasks at once."""

from collections.abc import Callable

from shared.contract.axes import TASKS
from shared.contract.disclosure import Cell, Columns, Content, Whole
from shared.contract.exchange import Exchange
from shared.contract.facts import most_exchanges
from shared.contract.quantity import Axis, Way, masked
from shared.models.registry import learner_of
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.study import Study

_OF_FITS = TASKS.cells

_OPEN = Axis(
    "open models",
    "trainings, at every penalty, that are not at their optimum yet",
    lambda facts: facts.training["open"],
    _OF_FITS,
)
_COLUMNS = Axis("coefficients", "the intercept and the features of one model", lambda facts: facts.training["selected"])
_CURVATURES = Axis(
    "second derivatives",
    "second derivatives by two coefficients each, of the models that need them next",
    lambda facts: facts.training["curvatures"],
    _OF_FITS,
)
_NODES = Axis(
    "open nodes",
    "nodes of the trees, in all trainings, that are divided next",
    lambda facts: facts.training["grown"],
    _OF_FITS | {Cell.NODE},
)
_SELECTED = Axis("selected features", "features of one model", lambda facts: facts.training["selected"])
_RANGES = Axis(
    "ranges of a feature",
    "ranges of a feature's values, between which a tree may divide",
    lambda facts: facts.training["ranges"],
    frozenset({Cell.VALUE}),
)
_WEIGHTS = Axis("weights", "weights of the small network", lambda facts: facts.training["weights"])
_TREES = Axis(
    "trees of all sites",
    "trees, each in the place of the site that grew it",
    lambda facts: facts.training["site_trees"],
)
_TREE_NODES = Axis("nodes", "nodes of one tree", lambda facts: facts.training["nodes"], frozenset({Cell.NODE}))
_NODE_NUMBERS = Axis(
    "of a node",
    "by which feature and where it divides, and what its patients predict",
    lambda facts: facts.training["leaf"],
)


def _trained_in(step: Step) -> Callable[[Study], bool]:
    def asked(study: Study) -> bool:
        return kind_of(study) is Kind.FEATURES and learner_of(study.model).step is step and most_exchanges(study) > 0

    return asked


_LOSS = (Content.LOSS, Columns.SCORES, Columns.ENDPOINT)
_GRADIENT = (Content.GRADIENT, Columns.MODEL, Columns.ENDPOINT)
_HESSIAN = (Content.HESSIAN, Columns.MODEL, Columns.ENDPOINT)

TRAIN = Exchange(
    Step.TRAIN,
    "One step of training: how good each model is so far, and in which direction it becomes better.",
    "studies with a regression, a support vector machine or components",
    asked=_trained_in(Step.TRAIN),
    at_most=most_exchanges,
    numbered=True,
    optional=True,
    robust=True,
    quantities=(
        masked("loss", (_OPEN,), "loss of each model so far", *_LOSS, low=0),
        masked("gradient", (_OPEN, _COLUMNS), "its gradient", *_GRADIENT),
        masked("curvature", (_CURVATURES,), "second derivatives of some of them", *_HESSIAN),
    ),
)
GROW = Exchange(
    Step.GROW,
    "One level of the trees: patients counted, and how far their predictions are off, by ranges of every feature.",
    "studies with boosted trees (`model.kind: boosting`)",
    asked=_trained_in(Step.GROW),
    at_most=most_exchanges,
    numbered=True,
    optional=True,
    robust=True,
    quantities=(
        masked(
            "gradients",
            (_NODES, _SELECTED, _RANGES),
            "slope of the loss, by the range of a feature, in a node",
            *_GRADIENT,
        ),
        masked("hessians", (_NODES, _SELECTED, _RANGES), "its second derivative", *_HESSIAN),
        masked(
            "counts",
            (_NODES, _SELECTED, _RANGES),
            "how many training patients these are",
            *(Content.COUNT, Columns.MODEL),
            whole=Whole.PATIENTS,
        ),
    ),
)
AVERAGE = Exchange(
    Step.AVERAGE,
    "One round of a small network: every site trains a little, and the changes of the weights are averaged.",
    "studies with a small network on features (`model.kind: mlp`)",
    asked=_trained_in(Step.AVERAGE),
    at_most=most_exchanges,
    numbered=True,
    optional=True,
    robust=True,
    quantities=(
        masked(
            "steps",
            (TASKS, _WEIGHTS),
            "how far this site's training moved the weights, times its patients",
            *(Content.CHANGE, Columns.MODEL, Columns.ENDPOINT),
        ),
    ),
)
ENSEMBLE = Exchange(
    Step.ENSEMBLE,
    "Every site grows trees of its own, and all use the trees of all sites.",
    "studies with trees of the sites (`model.kind: forest` or `xgboost`)",
    asked=_trained_in(Step.ENSEMBLE),
    at_most=most_exchanges,
    numbered=True,
    optional=True,
    quantities=(
        masked(
            "trees",
            (TASKS, _TREES, _TREE_NODES, _NODE_NUMBERS),
            "trees grown on this site's patients: splits, bins, values",
            *(Content.MODEL, Columns.MODEL, Columns.ENDPOINT),
            way=Way.JOINED,
        ),
    ),
)
SHUFFLE_TRAIN = TRAIN.under_permutation()
SHUFFLE_GROW = GROW.under_permutation()
SHUFFLE_AVERAGE = AVERAGE.under_permutation()
SHUFFLE_ENSEMBLE = ENSEMBLE.under_permutation()
