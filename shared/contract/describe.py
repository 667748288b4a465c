"""What the sites have together: classes, and which features and covariates vary."""

from shared.contract.axes import CLASSES, COVARIATES, FEATURES, FITS
from shared.contract.disclosure import Cell, Columns, Content, Unit
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.fixed_point import Encoding, FixedPoint
from shared.contract.quantity import Axis, counts, masked
from shared.sections.harmonization import Transform
from shared.step import Step
from shared.study.kind import Kind, kind_of

CENTRED = Axis(
    "centred",
    "once where the study joins a scanner across sites, else not at all",
    lambda facts: int(bool(facts.study.harmonization.joined)),
)
TRANSFORMED = Axis(
    "transformed",
    "once where the study transforms features, else not at all",
    lambda facts: int(facts.study.harmonization.transform is not Transform.NONE),
)
_SCANNERS = frozenset({Cell.SCANNER})


def _sums(facts: Facts) -> Encoding:
    return FixedPoint(facts.scales.magnitude)


def _squares(facts: Facts) -> Encoding:
    return FixedPoint(2 * facts.scales.spread)


def _covariate_sums(facts: Facts) -> Encoding:
    return FixedPoint(facts.scales.covariate_magnitude)


def _covariate_products(facts: Facts) -> Encoding:
    z = facts.scales.covariate_spread
    return FixedPoint(z[:, None] + z)


DESCRIBE = Exchange(
    Step.DESCRIBE,
    "How many patients of each class there are, and which features and covariates vary.",
    "studies with a model on features",
    asked=lambda study: kind_of(study) is Kind.FEATURES,
    quantities=(
        counts("class_totals", (CLASSES,), "patients per class"),
        masked(
            "spread_squares",
            (FEATURES,),
            "sum of squared distances from the batch's mean",
            *(Content.SQUARE, Columns.FEATURES),
            by=_SCANNERS,
            low=0,
            encode=_squares,
            unit=Unit.OWN,
        ),
        masked(
            "szz",
            (COVARIATES, COVARIATES),
            "products of covariates, centred in each batch",
            *(Content.PRODUCT, Columns.COVARIATES),
            by=_SCANNERS,
            encode=_covariate_products,
            unit=Unit.OWN,
        ),
        counts("missing", (FEATURES,), "patients who lack a feature", by=frozenset({Cell.PRESENCE})),
        masked(
            "sum_x",
            (CENTRED, FEATURES),
            "sum of a feature",
            Content.FIRST,
            Columns.FEATURES,
            encode=_sums,
            unit=Unit.OWN,
        ),
        masked(
            "sum_z",
            (CENTRED, COVARIATES),
            "sum of a covariate",
            *(Content.FIRST, Columns.COVARIATES),
            encode=_covariate_sums,
            unit=Unit.OWN,
        ),
        counts(
            "straight_values",
            (TRANSFORMED, FITS, FEATURES),
            "training patients who have a feature",
            by=frozenset({Cell.PRESENCE}),
        ),
        masked(
            "straight_sums",
            (TRANSFORMED, FITS, FEATURES),
            "sum of the feature over them",
            *(Content.FIRST, Columns.FEATURES),
            encode=_sums,
            unit=Unit.OWN,
        ),
        masked(
            "straight_squares",
            (TRANSFORMED, FITS, FEATURES),
            "its squares, centred in each batch",
            *(Content.SQUARE, Columns.FEATURES),
            by=_SCANNERS,
            encode=_squares,
            unit=Unit.OWN,
        ),
    ),
)
