"""Training of the baselines and of the nomogram: clinical variables, the volume, the model's score beside them."""

from shared.contract.disclosure import Cell, Columns, Content
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, masked
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.plan import small_arms

_OF_FITS = frozenset({Cell.FOLD, Cell.LEFT_OUT_SITE})
_OPEN = Axis(
    "baselines",
    "baselines and nomogram, each trained on all patients, without each fold, without each site",
    lambda facts: facts.combining["open"],
    _OF_FITS,
)
_COLUMNS = Axis(
    "coefficients",
    "the intercept, the model's score and the clinical columns",
    lambda facts: facts.combining["selected"],
)
_CURVATURES = Axis(
    "second derivatives",
    "second derivatives by two coefficients each, of all baselines",
    lambda facts: facts.combining["curvatures"],
    _OF_FITS,
)
_ABOUT = (Columns.CLINICAL, Columns.SCORES, Columns.ENDPOINT)

COMBINE = Exchange(
    Step.COMBINE,
    "One step of training of what the model is compared and combined with: clinical variables and the volume.",
    "studies with clinical variables or the volume to compare with (`comparators`)",
    asked=lambda study: kind_of(study) is Kind.FEATURES and bool(small_arms(study)),
    at_most=lambda study: study.training.max_iterations,
    numbered=True,
    optional=True,
    robust=True,
    quantities=(
        masked("loss", (_OPEN,), "loss of each baseline and nomogram so far", Content.LOSS, *_ABOUT, low=0),
        masked("gradient", (_OPEN, _COLUMNS), "its gradient", Content.GRADIENT, *_ABOUT),
        masked("curvature", (_CURVATURES,), "its second derivatives", Content.HESSIAN, *_ABOUT),
    ),
)
