"""How stable features are where patients were measured several times."""

from shared.contract.axes import FEATURES, OMISSIONS
from shared.contract.disclosure import Cell, Columns, Content, Unit, Whole
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.fixed_point import Encoding, FixedPoint
from shared.contract.quantity import Quantity, counts, masked
from shared.contract.scales import SQUARES
from shared.step import Step
from shared.study.kind import Kind, kind_of

_MEASURED = frozenset({Cell.MEASURED})


def _changed(facts: Facts) -> Encoding:
    """Changes of masks may move a feature far beyond its spread; 64 bits stay under a squared spread."""
    return FixedPoint(2 * facts.scales.spread + SQUARES)


def _squares(name: str, words: str) -> Quantity:
    axes = (OMISSIONS, FEATURES)
    return masked(name, axes, words, Content.SQUARE, Columns.FEATURES, by=_MEASURED, encode=_changed, unit=Unit.OWN)


STABILITY = Exchange(
    Step.STABILITY,
    "Which features are stable where readers, or changes of the outline, measured patients several times.",
    "studies that ask for stable features (`stability`)",
    asked=lambda study: kind_of(study) is Kind.FEATURES and study.stability is not None,
    quantities=(
        counts("subjects", (OMISSIONS, FEATURES), "patients who were measured several times", by=_MEASURED),
        counts("measured_at", (OMISSIONS, FEATURES), "sites with enough of them", whole=Whole.SITES),
        _squares("between_subjects", "squares of patients' means about the site's mean"),
        _squares("between_measurements", "squares of readers' (or changes') means about it"),
        _squares("residual", "squares of what is left"),
        counts("votes", (OMISSIONS, FEATURES), "sites at which a feature is stable enough", whole=Whole.SITES),
        counts("voices", (OMISSIONS, FEATURES), "sites that could say so", whole=Whole.SITES),
    ),
)
