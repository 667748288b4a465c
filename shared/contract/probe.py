"""The site probes: classifiers guess the site before harmonization, after it, and permuted labels of sites."""

from shared.contract.axes import FEATURE_PAIRS, FEATURES, SIDES
from shared.contract.combat_totals import combat_totals
from shared.contract.disclosure import Cell, Columns, Content
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.quantity import Axis, masked, on
from shared.contract.scales import SQUARES
from shared.sections.harmonization import SiteProbe
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.plan import training_sites
from shared.study.study import Study

TABLES, PROBES, VALUE_RANGES, PROBABILITY_RANGES = 2, 2, 48, 100
"""Real tables (before and after), kinds of classifier, and the ranges in which is counted (`harmonization.trials`)."""


def _section(facts: Facts) -> SiteProbe:
    assert facts.study.harmonization.probe is not None
    return facts.study.harmonization.probe


def _asked(study: Study) -> bool:
    return kind_of(study) is Kind.FEATURES and study.harmonization.probe is not None


def _levels(study: Study) -> int:
    return study.harmonization.probe.depth if study.harmonization.probe is not None else 0


_DEALS = Axis(
    "deals",
    "times that the labels of the sites are permuted among all patients",
    lambda facts: _section(facts).deals,
    frozenset({Cell.SITE_LABEL}),
)
_LABELS = Axis(
    "site labels",
    "sites that train: the label that a patient has, or a permuted one",
    lambda facts: len(training_sites(facts.study, facts.roster)),
    frozenset({Cell.SITE, Cell.SITE_LABEL}),
)
_VALUE_RANGES = Axis(
    "ranges of values", "ranges of a feature's values", lambda _: VALUE_RANGES, frozenset({Cell.VALUE})
)
_TRIALS = Axis(
    "trials",
    "classifiers: one a fold for the features before and after harmonization, one for every deal",
    lambda facts: TABLES * facts.study.evaluation.folds + _section(facts).deals,
    frozenset({Cell.FOLD, Cell.SITE_LABEL}),
)
_TREES = Axis("trees", "trees of one classifier", lambda facts: _section(facts).trees)
_NODES = Axis("nodes", "nodes of this level of a tree", lambda facts: 2**facts.levels, frozenset({Cell.NODE}))
_RULES = Axis(
    "thresholds",
    "thresholds among which a node chooses, and all patients",
    lambda facts: _section(facts).rules + 1,
    frozenset({Cell.VALUE}),
)
_OPENING = Axis("first level", "once before a tree is divided, else not at all", lambda facts: int(facts.first_level))
_SUMMED = Axis("count and features", "patients, then each feature", lambda facts: 1 + facts.features)
_TABLES = Axis(
    "tables",
    "features before harmonization, after it, and after it on each deal of labels",
    lambda facts: TABLES + _section(facts).deals,
    frozenset({Cell.SITE_LABEL}),
)
_PROBES = Axis("classifiers", "a linear one, and a forest", lambda _: PROBES)
_GUESSED = Axis(
    "sides of a guess",
    "patients of another site, and of that site",
    lambda facts: SIDES.length(facts),
    frozenset({Cell.SITE}),
)
_PROBABILITIES = Axis(
    "ranges of a probability", "ranges from 0 to 1", lambda _: PROBABILITY_RANGES, frozenset({Cell.SCORE})
)

PROBE_LABELS = Exchange(
    Step.PROBE_LABELS,
    "Sums by permuted labels of sites, to learn what harmonization does to mere chance.",
    "studies that probe for the site (`harmonization.probe`)",
    asked=_asked,
    quantities=(
        *combat_totals("", (_DEALS, _LABELS), ", by permuted site label", None),
        masked(
            "total",
            (FEATURES,),
            "sum of a feature, in common units",
            *(Content.FIRST, Columns.FEATURES),
            encode=on(SQUARES),
        ),
        masked(
            "second",
            (FEATURE_PAIRS,),
            "products of two features, in common units",
            *(Content.PRODUCT, Columns.FEATURES),
            encode=on(SQUARES),
        ),
        masked(
            "in_range",
            (FEATURES, _VALUE_RANGES),
            "patients who have a feature in each range",
            *(Content.COUNT, Columns.FEATURES),
        ),
    ),
)
PROBE_GROW = Exchange(
    Step.PROBE_GROW,
    "One level of the trees that guess the site.",
    "studies that probe for the site (`harmonization.probe`)",
    asked=_asked,
    at_most=_levels,
    numbered=True,
    quantities=(
        masked(
            "sides",
            (_TRIALS, _TREES, _NODES, _RULES, _LABELS),
            "patients of a site, or of a permuted label, on one side of each threshold in a node of a tree",
            *(Content.COUNT, Columns.FEATURES),
        ),
        masked(
            "means",
            (_OPENING, _TRIALS, _LABELS, _SUMMED),
            "patients of each label, and the sums of their features",
            *(Content.FIRST, Columns.FEATURES),
            encode=on(SQUARES),
        ),
    ),
)
PROBE_PREDICT = Exchange(
    Step.PROBE_PREDICT,
    "How well the classifiers guess the site of patients who did not train them.",
    "studies that probe for the site (`harmonization.probe`)",
    asked=_asked,
    quantities=(
        masked(
            "guesses",
            (_TABLES, _PROBES, _LABELS, _GUESSED, _PROBABILITIES),
            "patients by how probable a probe finds each site for them",
            *(Content.COUNT, Columns.SCORES),
        ),
    ),
)
