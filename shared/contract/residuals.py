"""How far predictions of a continuous endpoint lie from it: exactly at each site, and together from sums."""

from shared.contract.axes import JUDGED, RECALIBRATION, VIEWS
from shared.contract.cross_site_evaluation import TRIED
from shared.contract.disclosure import Cell, Columns, Content, Least, Unit, Whole
from shared.contract.exchange import Exchange
from shared.contract.explained import EXPLAINED
from shared.contract.quantity import Axis, clear, counts, masked
from shared.metrics.residuals import ERRORS, GROUPS, OF_GROUP, RANGES, RAW, WITHIN
from shared.step import Step
from shared.study.kind import Kind, kind_of

_ERRORS = Axis("measures", "correlation, and mean, mean size and mean square of errors", lambda _: len(ERRORS))
_RAW = Axis("sums", "sums of observed and predicted values, of their squares and of their errors", lambda _: len(RAW))
_WITHIN = Axis("sums about means", "squares and products about each site's means", lambda _: len(WITHIN))
_GROUPS = Axis(
    "fifths", "fifths of a site's patients by what is predicted of them", lambda _: GROUPS, frozenset({Cell.SCORE})
)
_OF_GROUP = Axis("of a fifth", "patients, and sums of their values", lambda _: len(OF_GROUP))
_RANGES = Axis("ranges of errors", "ranges of the error", lambda _: len(RANGES) - 1, frozenset({Cell.ERROR}))

_ABOUT = (Columns.SCORES, Columns.ENDPOINT)

RESIDUALS = Exchange(
    Step.RESIDUALS,
    "How far what the model predicts lies from what was observed, here and over all sites.",
    "studies whose endpoint is a number",
    asked=lambda study: kind_of(study) is Kind.FEATURES and study.question.endpoint.continuous,
    quantities=(
        clear(
            "shown",
            (VIEWS,),
            "1 where the site has enough patients to be shown, else 0",
            *(Content.COUNT, Columns.NOTHING),
            least=Least.SHOWN,
            whole=Whole.FLAG,
            low=0,
            high=1,
        ),
        clear(
            "evaluated",
            (VIEWS,),
            "how many of the model's patients are evaluated; 0 where not shown",
            *(Content.COUNT, Columns.NOTHING),
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=0,
        ),
        clear(
            "u",
            (VIEWS,),
            "pairs of patients that the model ranks rightly; 0 where not shown",
            *(Content.RANKS, *_ABOUT),
            least=Least.SHOWN,
            low=0,
        ),
        clear(
            "ranked",
            (VIEWS,),
            "pairs of patients of different outcome; 0 where not shown",
            *(Content.COUNT, Columns.ENDPOINT),
            least=Least.SHOWN,
            whole=Whole.PAIRS,
            low=0,
        ),
        clear(
            "errors",
            (VIEWS, _ERRORS),
            "correlation, and mean, mean size and mean square of errors; or 0",
            *(Content.MEASURE, *_ABOUT),
            least=Least.SHOWN,
        ),
        clear(
            "recalibration",
            (VIEWS, RECALIBRATION),
            "slope and intercept of observed on predicted values, their errors, and 1 where they exist; or 0",
            *(Content.MEASURE, *_ABOUT),
            least=Least.SHOWN,
        ),
        *TRIED,
        clear(
            "index_variance",
            (JUDGED,),
            "variance of this site's concordance index; 0 where not valid",
            *(Content.MEASURE, *_ABOUT),
            least=Least.SHOWN,
            low=0,
            high=1,
        ),
        clear(
            "difference_variance",
            (JUDGED,),
            "the same of its difference from the model's index",
            *(Content.MEASURE, *_ABOUT),
            least=Least.SHOWN,
            low=0,
            high=1,
        ),
        counts("patients", (JUDGED,), "how many are evaluated"),
        counts("sites", (JUDGED,), "how many sites have any", whole=Whole.SITES),
        masked("all_u", (JUDGED,), "pairs of patients that are ranked rightly", Content.RANKS, *_ABOUT),
        masked(
            "all_pairs",
            (JUDGED,),
            "pairs of patients of different outcome",
            *(Content.COUNT, Columns.ENDPOINT),
            whole=Whole.PAIRS,
        ),
        masked(
            "raw",
            (JUDGED, _RAW),
            "sums of observed and predicted values, of their squares and of their errors",
            *(Content.SQUARE, *_ABOUT),
            unit=Unit.RANGE,
        ),
        masked(
            "within",
            (JUDGED, _WITHIN),
            "the same squares and products about each site's means",
            *(Content.SQUARE, *_ABOUT),
            unit=Unit.RANGE,
        ),
        masked(
            "groups",
            (VIEWS, _GROUPS, _OF_GROUP),
            "sums of these values over fifths of patients by predicted value",
            *(Content.FIRST, *_ABOUT),
            unit=Unit.RANGE,
        ),
        masked(
            "differences",
            (VIEWS, _RANGES),
            "patients by the error of their prediction",
            *(Content.COUNT, *_ABOUT),
            whole=Whole.PATIENTS,
        ),
        *EXPLAINED,
    ),
)
