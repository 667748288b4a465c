"""Axes that quantities of several exchanges have; an axis of one exchange alone stands with it."""

from shared.contract.disclosure import Cell
from shared.contract.facts import Facts, UnknownLengthError
from shared.contract.quantity import Axis
from shared.study.plan import feature_arms, judged, targets, tasks, views

SIDES_OF_A_CLASS = 2
RECALIBRATION_VALUES = 5

_OF_FITS = frozenset({Cell.FOLD, Cell.INNER_FOLD, Cell.LEFT_OUT_SITE})


def _pairs(count: int) -> int:
    return count * (count + 1) // 2


def listed(name: str, words: str, text: str) -> Axis:
    """An axis as long as a list of words in the same answer.

    Parameters
    ----------
    name, words : as for `Axis`
    text : name of the words
    """

    def unknown(facts: Facts) -> int:
        del facts
        raise UnknownLengthError(name)

    return Axis(name, words, unknown, listed=text)


FITS = Axis(
    "fits",
    "trainings of the same model on other patients: all of them, all but one fold, all but one site; and, where a "
    "penalty is chosen, the same again without one inner fold each",
    lambda facts: len(facts.fits),
    _OF_FITS,
)
OUTER_FITS = Axis(
    "outer fits",
    "trainings on all patients, on all but one fold, on all but one site",
    lambda facts: facts.outer,
    frozenset({Cell.FOLD, Cell.LEFT_OUT_SITE}),
)
INNER_FITS = Axis(
    "inner folds",
    "parts of the training patients that are left out in turn to choose a penalty, for each training",
    lambda facts: len(feature_arms(facts.study)) * sum(fit.inner is not None for fit in facts.fits),
    _OF_FITS,
)
OMISSIONS = Axis(
    "omissions",
    "all sites together, then all sites without each one in turn, where the study leaves sites out",
    lambda facts: len(facts.omissions),
    frozenset({Cell.LEFT_OUT_SITE}),
)
TASKS = Axis(
    "tasks",
    "trainings (fits) of the study's model, and again without harmonization where the study compares the two",
    lambda facts: len(tasks(facts.study, facts.fits)),
    _OF_FITS,
)
FEATURES = Axis("features", "the features of the study, each a number of a patient", lambda facts: facts.features)
FEATURE_PAIRS = Axis(
    "pairs of features", "any two features, and each with itself", lambda facts: _pairs(facts.features)
)
COVARIATES = Axis(
    "covariates",
    "clinical columns whose effect harmonization keeps; a category has one for each of its values but the first",
    lambda facts: facts.covariates,
)
DECLARED = Axis(
    "declared covariates",
    "clinical columns as the study file names them",
    lambda facts: len(facts.study.harmonization.covariates),
)
INCOMPLETE = Axis("incomplete features", "features that some patient lacks", lambda facts: facts.incomplete)
CLASSES = Axis(
    "classes", "values of the endpoint; one where it is a number", lambda facts: facts.classes, frozenset({Cell.CLASS})
)
OTHER_CLASSES = Axis("classes after the first", "values of the endpoint but the first", lambda facts: facts.classes - 1)
CALLED = Axis(
    "classes called",
    "values of the endpoint as the model calls them",
    lambda facts: facts.classes,
    frozenset({Cell.CALL}),
)
SIDES = Axis(
    "sides",
    "patients who are not of the class that is judged, and those who are",
    lambda _: SIDES_OF_A_CLASS,
    frozenset({Cell.CLASS}),
)
CALLS = Axis(
    "calls",
    "patients whom the model does not call of that class, and those whom it does",
    lambda _: SIDES_OF_A_CLASS,
    frozenset({Cell.CALL}),
)
SCORE_RANGES = Axis(
    "ranges of the score",
    "equal ranges from 0 to 1",
    lambda facts: facts.study.evaluation.score_bins,
    frozenset({Cell.SCORE}),
)
SITES = Axis(
    "sites",
    "all sites of the study, in the order of the roster",
    lambda facts: len(facts.roster),
    frozenset({Cell.SITE}),
)
REGRESSED = Axis(
    "number", "once where the endpoint is a number, else not at all", lambda facts: int(_continuous(facts))
)
VIEWS = Axis(
    "views",
    "ways of evaluating: in folds, on a left-out site, at sites that train nothing",
    lambda facts: len(views(facts.study)),
    frozenset({Cell.FOLD, Cell.LEFT_OUT_SITE}),
)
JUDGED = Axis(
    "judged",
    "what is evaluated: the study's model and all that it is compared with, in every view, for every class",
    lambda facts: len(judged(facts.study)),
    frozenset({Cell.FOLD, Cell.LEFT_OUT_SITE}),
)
TARGETS = Axis("judged classes", "classes that are judged against the others", lambda facts: len(targets(facts.study)))
RECALIBRATION = Axis(
    "recalibration",
    "slope, its error, intercept, its error, and 1 where these exist",
    lambda _: RECALIBRATION_VALUES,
)


def _continuous(facts: Facts) -> bool:
    return facts.study.question.endpoint.continuous
