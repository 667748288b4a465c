"""Moments of the harmonized features in every task, and what still tells the sites apart."""

from shared.contract.axes import CLASSES, FEATURES, INCOMPLETE, OUTER_FITS, REGRESSED, TASKS
from shared.contract.disclosure import Cell, Columns, Content, Least, Unit, Whole
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.quantity import Axis, Encode, Quantity, Way, clear, counts, masked, on, plain
from shared.contract.scales import CUBES, SQUARES
from shared.metrics.value_histogram import BINS
from shared.step import Step
from shared.study.kind import Kind, kind_of

TABLES, GROUPINGS, TESTED, POWERS = 2, 2, 2, 3
"""Before and after; by site and by scanner; means and spreads; first to third powers (`harmonization.assess`)."""


def _assessed(facts: Facts) -> int:
    return facts.covariates - len(facts.study.endpoint_columns) + facts.classes - 1


_EXTRAS = Axis("clinical columns", "clinical variables, and the volume, of the baselines", lambda facts: facts.extras)
_TABLES = Axis("tables", "before harmonization, and after", lambda _: TABLES)
_GROUPINGS = Axis(
    "groupings",
    "patients grouped by site, and by scanner",
    lambda _: GROUPINGS,
    frozenset({Cell.SITE, Cell.SCANNER}),
)
_TESTED = Axis("tested", "means, and spreads", lambda _: TESTED)
_ASSESSED = Axis("assessed", "columns of covariates, and classes after the first", _assessed)
_POWERS = Axis("powers", "the value, its square, its cube", lambda _: POWERS)
_VALUE_RANGES = Axis("ranges of values", "ranges of a feature's values", lambda _: BINS, frozenset({Cell.VALUE}))

_PRESENT = frozenset({Cell.PRESENCE})
_SCANNERS = frozenset({Cell.SCANNER})
_OF_FEATURES = (Content.SQUARE, Columns.FEATURES)
_OF_BOTH = (Content.PRODUCT, Columns.COVARIATES, Columns.ENDPOINT)


def _outcome(name: str, axes: tuple[Axis, ...], words: str, content: Content, encode: Encode = plain) -> Quantity:
    columns = (Columns.ENDPOINT, Columns.FEATURES) if content is Content.PRODUCT else (Columns.ENDPOINT,)
    return masked(name, (REGRESSED, *axes), words, content, *columns, encode=encode, unit=Unit.RANGE)


_SHUFFLED = frozenset(
    {
        *("class_totals", "class_sums", "present"),
        *("outcome_sums", "outcome_squares", "outcome_products", "outcome_present"),
    }
)
"""What labels bear on."""

MOMENTS = Exchange(
    Step.MOMENTS,
    "Means and spreads of the harmonized features by class, and what harmonization did to them.",
    "studies with a model on features",
    asked=lambda study: kind_of(study) is Kind.FEATURES,
    quantities=(
        counts("class_totals", (TASKS, CLASSES), "training patients per class"),
        masked(
            "sum_uu",
            (TASKS, FEATURES),
            "sum of squares of a harmonized feature",
            *_OF_FEATURES,
            low=0,
            # Harmonized features are near one; room for the outliers of skewed ones, and digits under 1e-14 to spare.
            encode=on(SQUARES),
        ),
        masked(
            "class_sums",
            (TASKS, CLASSES, FEATURES),
            "sum of a harmonized feature per class",
            *(Content.FIRST, Columns.FEATURES),
        ),
        counts("present", (TASKS, CLASSES, INCOMPLETE), "training patients per class who have a feature", by=_PRESENT),
        _outcome("outcome_sums", (TASKS,), "sum of the outcome, in parts of its plausible range", Content.FIRST),
        _outcome("outcome_squares", (TASKS,), "sum of squares of the outcome", Content.SQUARE),
        _outcome(
            "outcome_products",
            (TASKS, FEATURES),
            "products of the outcome and a feature",
            Content.PRODUCT,
            on(SQUARES),
        ),
        _outcome("outcome_present", (TASKS, INCOMPLETE), "sum of the outcome where a feature is known", Content.FIRST),
        masked(
            "extra_sums",
            (OUTER_FITS, _EXTRAS),
            "sum of a clinical variable or the volume",
            *(Content.FIRST, Columns.CLINICAL),
            encode=on(CUBES),
            unit=Unit.OWN,
        ),
        masked(
            "extra_squares",
            (OUTER_FITS, _EXTRAS),
            "sum of its squares",
            *(Content.SQUARE, Columns.CLINICAL),
            low=0,
            encode=on(CUBES),
            unit=Unit.OWN,
        ),
        masked(
            "groups",
            (_TABLES, _GROUPINGS, FEATURES),
            "how many sites and scanners have a feature",
            *(Content.COUNT, Columns.NOTHING),
            low=0,
            unit=Unit.NONE,
        ),
        counts("values", (_TABLES, FEATURES), "how many patients have it", by=_PRESENT),
        masked(
            "shift",
            (_TABLES, _GROUPINGS, _TESTED, FEATURES),
            "sum of a feature, and of its distances from medians",
            *(Content.FIRST, Columns.FEATURES),
            encode=on(SQUARES),
        ),
        masked(
            "between",
            (_TABLES, _GROUPINGS, _TESTED, FEATURES),
            "squares of the means of sites and of scanners",
            *_OF_FEATURES,
            encode=on(SQUARES),
        ),
        masked(
            "within",
            (_TABLES, _GROUPINGS, _TESTED, FEATURES),
            "squares of the distances from these means",
            *_OF_FEATURES,
            encode=on(SQUARES),
        ),
        masked(
            "szz",
            (_TABLES, _ASSESSED, _ASSESSED),
            "products of covariates and label, centred in each scanner",
            *_OF_BOTH,
            by=_SCANNERS,
        ),
        masked(
            "own_szz",
            (_TABLES, INCOMPLETE, _ASSESSED, _ASSESSED),
            "the same of those who have a feature",
            *_OF_BOTH,
            by=_SCANNERS | _PRESENT,
        ),
        masked(
            "szx",
            (_TABLES, _ASSESSED, FEATURES),
            "products of those and a feature, centred in each scanner",
            *(*_OF_BOTH, Columns.FEATURES),
            by=_SCANNERS,
            encode=on(SQUARES),
        ),
        masked(
            "powers",
            (_TABLES, _POWERS, FEATURES),
            "sums of a feature, of its squares and of its cubes",
            *(Content.CUBE, Columns.FEATURES),
            encode=on(CUBES),
        ),
        counts(
            "tied", (_TABLES, FEATURES), "how many patients share their scanner's most frequent value", by=_SCANNERS
        ),
        *(
            clear(
                name,
                (FEATURES, _VALUE_RANGES),
                words,
                *(Content.COUNT, Columns.FEATURES),
                least=Least.SITE,
                whole=Whole.PATIENTS,
                way=Way.DERIVABLE,
            )
            for name, words in (
                ("before", "how many patients have a feature in each range"),
                ("after", "the same after harmonization"),
            )
        ),
    ),
)
SHUFFLE_MOMENTS = MOMENTS.under_permutation(_SHUFFLED)
