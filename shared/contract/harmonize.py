"""ComBat's regression and CovBat's covariances, in every fit."""

from shared.contract.axes import FEATURE_PAIRS, FEATURES, FITS
from shared.contract.combat_totals import about_a_centre, combat_totals, spread
from shared.contract.disclosure import Cell, Columns, Content
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, counts, masked, on
from shared.contract.scales import SQUARES
from shared.sections.harmonization import Method
from shared.step import Step
from shared.study.kind import Kind, kind_of

_REFERENCED = Axis(
    "reference",
    "once where the study names a reference site, else not at all",
    lambda facts: int(facts.study.harmonization.reference_site is not None),
    frozenset({Cell.SITE}),
)
_SHARED_SCANNERS = Axis(
    "shared scanners",
    "scanners that several sites have and that the study harmonizes together",
    lambda facts: len(facts.study.harmonization.joined),
    frozenset({Cell.SCANNER}),
)

HARMONIZE = Exchange(
    Step.HARMONIZE,
    "Sums from which all sites learn what features have in common, so that each can take its scanners' effects out.",
    "studies with a model on features",
    asked=lambda study: kind_of(study) is Kind.FEATURES,
    quantities=(
        *combat_totals("", (FITS,), "", spread),
        *combat_totals("reference_", (_REFERENCED, FITS), " at the reference site", spread),
        *combat_totals(
            "joined_",
            (FITS, _SHARED_SCANNERS),
            " of a scanner that sites have in common, about agreed centres",
            about_a_centre,
        ),
    ),
)
_DEVIATIONS = (Content.PRODUCT, Columns.FEATURES)
COVARIANCE = Exchange(
    Step.COVARIANCE,
    "Products of what is left of any two features, so that their covariances become alike at all scanners (CovBat).",
    "studies that harmonize by CovBat",
    asked=lambda study: kind_of(study) is Kind.FEATURES and study.harmonization.method is Method.COVBAT,
    quantities=(
        counts("count", (FITS,), "training patients"),
        masked(
            "total",
            (FITS, FEATURES),
            "sum of what a harmonized feature deviates from the common model by",
            *(Content.FIRST, Columns.FEATURES),
            encode=on(SQUARES),
        ),
        masked(
            "second",
            (FITS, FEATURE_PAIRS),
            "products of these deviations of two features",
            *_DEVIATIONS,
            encode=on(SQUARES),
        ),
        masked(
            "within",
            (FITS, FEATURE_PAIRS),
            "the same, centred in each batch",
            *_DEVIATIONS,
            by=frozenset({Cell.SCANNER}),
            encode=on(SQUARES),
        ),
    ),
)
