"""How good the models are: exactly at each site, and together from counts."""

from shared.contract.axes import CALLED, CALLS, CLASSES, JUDGED, RECALIBRATION, SCORE_RANGES, SIDES, VIEWS
from shared.contract.cross_site_evaluation import TRIED
from shared.contract.disclosure import Cell, Columns, Content, Least, Whole
from shared.contract.exchange import Exchange
from shared.contract.explained import EXPLAINED
from shared.contract.quantity import Axis, Quantity, Way, clear, masked
from shared.sections.vendors import NAMES
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.study import Study

_VENDORS = Axis("makes of scanner", "makes of scanners", lambda _: len(NAMES), frozenset({Cell.VENDOR}))
_RESAMPLES = Axis(
    "resamples",
    "times that patients are drawn anew by chance, for an interval",
    lambda facts: facts.study.evaluation.resamples,
    frozenset({Cell.RESAMPLE}),
)
_ABOUT = (Columns.SCORES, Columns.ENDPOINT)
_COUNTED = (Content.COUNT, *_ABOUT)


def _asked(study: Study) -> bool:
    kind = kind_of(study)
    return kind is Kind.NETWORK or (kind is Kind.FEATURES and not study.question.endpoint.continuous)


def _measure(name: str, axes: tuple[Axis, ...], words: str, *, high: float | None = None) -> Quantity:
    content, least = (Content.MEASURE, *_ABOUT), Least.SHOWN
    if high is None:
        return clear(name, axes, words, *content, least=least)
    return clear(name, axes, words, *content, least=least, low=0, high=high)


def _shown_counts(name: str, axes: tuple[Axis, ...], words: str) -> Quantity:
    return clear(name, axes, words, *_COUNTED, least=Least.SHOWN, whole=Whole.PATIENTS, low=0)


EVALUATE = Exchange(
    Step.EVALUATE,
    "How good the model is here, and over all sites, beside what it is compared with.",
    "studies of classes",
    asked=_asked,
    quantities=(
        clear(
            "shown",
            (JUDGED,),
            "1 where the site has enough patients of each class to be shown, else 0",
            *(Content.COUNT, Columns.ENDPOINT),
            least=Least.SHOWN,
            whole=Whole.FLAG,
            low=0,
            high=1,
        ),
        clear(
            "class_counts",
            (JUDGED, SIDES),
            "evaluated patients per class; 0 where not shown",
            *(Content.COUNT, Columns.ENDPOINT),
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=0,
        ),
        clear(
            "u",
            (JUDGED,),
            "pairs of patients of different class that are ranked rightly; 0 where not shown",
            *(Content.RANKS, *_ABOUT),
            least=Least.SHOWN,
            low=0,
        ),
        _measure(
            "auc_variance", (JUDGED,), "DeLong's variance of this site's AUC; 0 where not shown or not valid", high=0.25
        ),
        _measure("difference_variance", (JUDGED,), "the same of its difference from the model's AUC", high=1),
        _measure("brier", (JUDGED,), "mean squared error of predicted risk; 0 where not shown", high=1),
        _measure(
            "recalibration",
            (JUDGED, RECALIBRATION),
            "slope and intercept of recalibration, their errors, and 1 where they exist; 0 where not shown",
        ),
        _shown_counts("site_calls", (JUDGED, SIDES, CALLS), "patients by class and call; 0 where not shown"),
        _shown_counts(
            "own_calls", (VIEWS, CLASSES, CALLED), "patients by class and the class called; 0 where not shown"
        ),
        *TRIED,
        masked(
            "class_calls",
            (VIEWS, CLASSES, CALLED),
            "patients by class and the class called",
            *_COUNTED,
            whole=Whole.PATIENTS,
        ),
        masked(
            "vendor_calls",
            (VIEWS, _VENDORS, CLASSES, CALLED),
            "the same by make of scanner, of enough here",
            *_COUNTED,
            whole=Whole.PATIENTS,
        ),
        *EXPLAINED,
        masked("all_u", (JUDGED,), "pairs that are ranked rightly", Content.RANKS, *_ABOUT),
        masked(
            "all_pairs",
            (JUDGED,),
            "pairs of patients of different class",
            *(Content.COUNT, Columns.ENDPOINT),
            whole=Whole.PAIRS,
        ),
        masked(
            "resampled_u",
            (JUDGED, _RESAMPLES),
            "pairs ranked rightly when patients are drawn anew",
            *(Content.RANKS, *_ABOUT),
        ),
        masked("calls", (JUDGED, SIDES, CALLS), "patients by class and call", *_COUNTED, whole=Whole.PATIENTS),
        masked(
            "scores",
            (JUDGED, SIDES, SCORE_RANGES),
            "how many patients of a class score in each range",
            *_COUNTED,
            whole=Whole.PATIENTS,
        ),
        masked(
            "squared_errors",
            (JUDGED,),
            "sum of squared errors of predicted risk",
            *(Content.SQUARE, *_ABOUT),
            low=0,
        ),
        clear(
            "site_scores",
            (JUDGED, SIDES, SCORE_RANGES),
            "how many of this site's patients score in each range",
            *_COUNTED,
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=0,
            way=Way.DERIVABLE,
        ),
    ),
)
