"""From which score on a patient is called; and the sites' own models, where sites try each other's."""

from shared.contract.axes import SCORE_RANGES, SIDES, SITES
from shared.contract.disclosure import Cell, Columns, Content, Whole
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, Way, masked, on
from shared.contract.scales import SQUARES
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.plan import shows_own_models
from shared.study.study import Study
from shared.training.fitted_model import room
from shared.training.thresholds import places

MATCHED = Axis(
    "tried",
    "once where sites try each other's models, else not at all",
    lambda facts: int(shows_own_models(facts.study)),
)
_THRESHOLDS = Axis(
    "thresholds",
    "one for every model that is evaluated and every training of it, for each class that is judged",
    lambda facts: len(places(facts.study, facts.outer)),
    frozenset({Cell.FOLD, Cell.LEFT_OUT_SITE}),
)
_OF_A_MODEL = Axis(
    "numbers of a model",
    "features, means, spreads and coefficients of the largest model that the study allows",
    lambda facts: room(facts.study, facts.features) if shows_own_models(facts.study) else 0,
)


def _asked(study: Study) -> bool:
    kind = kind_of(study)
    if kind is Kind.FEATURES:
        return not study.question.endpoint.continuous or shows_own_models(study)
    return kind is Kind.NETWORK


THRESHOLD = Exchange(
    Step.THRESHOLD,
    "How training patients score, from which the threshold follows that calls a patient.",
    "studies of classes, and those in which sites try each other's models",
    asked=_asked,
    quantities=(
        masked(
            "training_scores",
            (_THRESHOLDS, SIDES, SCORE_RANGES),
            "how many training patients score in each range",
            *(Content.COUNT, Columns.SCORES, Columns.ENDPOINT),
            whole=Whole.PATIENTS,
        ),
        masked(
            "own_models",
            (MATCHED, SITES, _OF_A_MODEL),
            "the model that each site trains of its own patients alone",
            *(Content.MODEL, Columns.MODEL, Columns.ENDPOINT),
            way=Way.JOINED,
            encode=on(SQUARES),
        ),
    ),
)
