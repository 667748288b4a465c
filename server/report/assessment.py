"""Every feature's tests by site and by scanner, and what they say together."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harmonization.assess import Assessment
from harmonization.variation import Test, bonferroni, false_discovery
from shared.results.harmonized import AssessedFeature, FeatureTests, Tested

LEVEL = 0.05
_KINDS: tuple[tuple[str, Callable[[FeatureTests], Tested | None]], ...] = (
    ("mean, by site (ANOVA)", lambda tests: tests.site_mean),
    ("spread, by site (Levene, about the median)", lambda tests: tests.site_spread),
    ("mean, by scanner (ANOVA)", lambda tests: tests.scanner_mean),
    ("spread, by scanner (Levene, about the median)", lambda tests: tests.scanner_spread),
    ("effect of the covariates (F, within scanners)", lambda tests: tests.covariates),
    ("effect of the endpoint (F, within scanners)", lambda tests: tests.label),
)


@dataclass(frozen=True)
class Side:
    """Features that a test calls different in one table.

    Parameters
    ----------
    bonferroni : at most one wrong call in twenty tables
    false_discovery : one wrong call in twenty among those called
    explained : median over features of the share of variance
    """

    bonferroni: int
    false_discovery: int
    explained: float


@dataclass(frozen=True)
class Row:
    """One kind of test, before harmonization and after it."""

    words: str
    before: Side
    after: Side


def assessed_features(features: Sequence[str], before: Assessment, after: Assessment) -> tuple[AssessedFeature, ...]:
    """Sort what was found by feature.

    Parameters
    ----------
    features : (f,) names
    before, after : of the two tables
    """
    return tuple(
        AssessedFeature(feature=name, before=_tests(before, index), after=_tests(after, index))
        for index, name in enumerate(features)
    )


def rows(features: Sequence[AssessedFeature]) -> tuple[Row, ...]:
    """How many features differ, for every kind of test that could be made on both tables; none of no features."""
    if not features:
        return ()
    made = []
    for words, pick in _KINDS:
        before, after = ([pick(tests) for tests in table] for table in _tables(features))
        if all(test is not None for test in (*before, *after)):
            made.append(Row(words, _side(before), _side(after)))
    return tuple(made)


def site_means(features: Sequence[AssessedFeature]) -> Row | None:
    """How many features differ between sites in their means; None of no features."""
    return next(iter(rows(features)), None)


def awkward(features: Sequence[AssessedFeature]) -> tuple[str, ...]:
    """Features so skewed or tied that harmonization itself can write the batch into them."""
    return tuple(feature.feature for feature in features if feature.before.awkward)


def _tables(features: Sequence[AssessedFeature]) -> tuple[list[FeatureTests], list[FeatureTests]]:
    return [feature.before for feature in features], [feature.after for feature in features]


def _side(tests: Sequence[Tested | None]) -> Side:
    there = [test for test in tests if test is not None]
    p = np.array([test.p_value for test in there])
    return Side(
        bonferroni=int(bonferroni(p, LEVEL).sum()),
        false_discovery=int(false_discovery(p, LEVEL).sum()),
        explained=float(np.median([test.explained for test in there])),
    )


def _tests(assessment: Assessment, index: int) -> FeatureTests:
    return FeatureTests(
        site_mean=_tested(assessment.site_means, index),
        site_spread=_tested(assessment.site_spreads, index),
        scanner_mean=_tested(assessment.scanner_means, index),
        scanner_spread=_tested(assessment.scanner_spreads, index),
        covariates=_tested(assessment.covariates, index) if assessment.covariates else None,
        label=_tested(assessment.label, index) if assessment.label else None,
        skewness=float(assessment.shape.skewness[index]),
        tied=float(assessment.shape.tied[index]),
        awkward=bool(assessment.shape.awkward[index]),
    )


def _tested(test: Test, index: int) -> Tested:
    statistic, p = float(test.statistic[index]), float(test.p[index])
    return Tested(
        statistic=statistic if math.isfinite(statistic) else None,
        p_value=p if math.isfinite(p) else 1.0,
        explained=float(test.share[index]),
    )
