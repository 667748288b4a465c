"""What a study's answers add up to, before any data is: over how few patients, and how many equations for their values.

Three measures, each of everything that the study may ask, from the declarations of its exchanges (`shared.contract`):

- *patients in effect*: the fewest that any combination of its sums over known sets is about
  (`shared.privacy.leverage`);
- *equations a value*: independent numbers that depend on the patients' unknown features, over those features' values
  (`shared.privacy.equations`);
- *bits of the label*: what all counts by class can say of who is of which class (`shared.privacy.bits`).

The first two are given twice: for the totals of all sites, and for a site's own patients, if all other sites showed
the coordinator theirs (what collusion leaves) or the study lets the sums of single sites be concluded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from shared.contract.axes import FEATURE_PAIRS, FEATURES
from shared.contract.disclosure import Cell, Columns, Content
from shared.contract.facts import Facts, UnknownLengthError
from shared.contract.foreseen import Foreseen
from shared.contract.quantity import Quantity
from shared.contract.registry import exchange_of
from shared.contract.schedule import schedule
from shared.privacy.bits import held
from shared.privacy.equations import Charge, Equations, charge, joined
from shared.privacy.inference import cell_shape, decoded_sums
from shared.privacy.leverage import leverage
from shared.sections.privacy import SiteSums
from shared.selection.choose import most_selected
from shared.study.plan import Fit
from shared.study.study import Study

EQUATIONS = frozenset(
    {
        *(Content.SQUARE, Content.CUBE, Content.PRODUCT, Content.LOSS, Content.GRADIENT, Content.HESSIAN),
        *(Content.CHANGE, Content.MODEL),
    }
)
"""Numbers that are of the second degree in patients' values, or weigh patients by them; sums are bounded by sets."""
_UNKNOWN = frozenset({Columns.FEATURES, Columns.SHORTLIST, Columns.MODEL, Columns.SCORES})


@dataclass(frozen=True)
class Federation:
    """Hospitals as a plan assumes them: alike, their patients spread evenly over classes.

    Parameters
    ----------
    sites : their names
    patients : of each site
    features : of the study
    rarest : patients of the rarest class at a site; None for classes of one size
    """

    sites: tuple[str, ...]
    patients: int
    features: int
    rarest: int | None = None

    def of_classes(self, classes: int) -> tuple[int, ...]:
        """Patients of each class at a site, the rarest last."""
        if classes < 2:
            return (self.patients,)
        last = self.patients // classes if self.rarest is None else self.rarest
        rest = self.patients - last
        return (*((rest + place) // (classes - 1) for place in range(classes - 1)), last)

    def cells(self, study: Study) -> np.ndarray:
        """(folds, inner, classes, lent) patients of a site, spread as evenly as they can be."""
        shape = cell_shape(study)
        folds, inner, classes, lent = shape
        counts = np.zeros(shape, dtype=np.int64)
        borrowed = min(study.harmonization.own_patients, self.patients // 2) if lent > 1 else 0
        for kind, patients in enumerate(self.of_classes(classes)):
            calibration = round(borrowed * patients / self.patients)
            for place, count in ((0, patients - calibration), (1, calibration))[:lent]:
                spread = np.arange(folds * inner)
                counts[:, :, kind, place] = ((count + spread) // (folds * inner)).reshape(folds, inner)
        return counts


@dataclass(frozen=True)
class Budget:
    """What a study's answers add up to.

    Parameters
    ----------
    together, alone : fewest patients in effect, of the totals of all sites and of one site's own
    per_value, per_value_alone : equations for each unknown value, likewise
    densest : which numbers are the densest equations
    label_bits, label_holds : bits that all counts by class say of the labels of all sites at most, and that these hold
    """

    together: float
    alone: float
    per_value: float
    per_value_alone: float
    densest: tuple[str, ...]
    label_bits: float
    label_holds: float


def budget(study: Study, federation: Federation) -> Budget:
    """Measure a study of features.

    Parameters
    ----------
    study : whose sites are replaced by those of the federation
    federation : as the plan assumes it
    """
    asked = with_sites(study, federation.sites)
    counts = federation.cells(asked)
    _, sums = decoded_sums(asked, dict.fromkeys(federation.sites, counts))
    own = sums.without(range(1, len(federation.sites)))
    facts = Foreseen(asked, federation.features, _levels(asked))
    mine = Foreseen(asked, federation.features, _levels(asked), _of_site(facts.fits, federation.sites[0]))
    whole, alone = charged(asked, facts), charged(asked, mine)
    everyone = federation.patients * len(federation.sites)
    classes = federation.of_classes(len(asked.question.endpoint.classes))
    return Budget(
        together=_in_effect(leverage(sums.sums, sums.patients)),
        alone=_in_effect(leverage(own.sums, own.patients)),
        per_value=whole.per_unknown(everyone),
        per_value_alone=alone.per_unknown(federation.patients),
        densest=alone.about,
        label_bits=sum(_bits(asked, facts, everyone)),
        label_holds=held([count * len(federation.sites) for count in classes]),
    )


def with_sites(study: Study, sites: Sequence[str]) -> Study:
    """The same study for other hospitals."""
    content = study.model_dump()
    content["federation"] |= {"sites": tuple(sites), "quorum": min(study.federation.quorum, len(sites))}
    content["evaluation"]["external_sites"] = ()
    return Study.model_validate(content)


def charged(study: Study, facts: Foreseen) -> Charge:
    """How often the most charged feature is in an equation, over everything that the study may ask."""
    features = facts.features
    widths = (min(most_selected(study.selection, features), features), min(facts.listed, features), features)
    names = tuple(f"feature {index}" for index in range(features))
    parts = [frozenset(names[start:stop]) for start, stop in zip((0, *widths), sorted(widths), strict=False)]
    selected, listed = parts[0], parts[0] | parts[1]
    found: list[Equations] = []
    for phase in schedule(study).phases:
        for quantity in facts.leaving(exchange_of(phase.step)):
            if quantity.content not in EQUATIONS or not _UNKNOWN & set(quantity.columns):
                continue
            numbers = _numbers(quantity, facts) * phase.at_most
            if FEATURES in quantity.axes:
                found += _of_each(quantity.words, numbers / features, parts)
            elif FEATURE_PAIRS in quantity.axes:
                found += _of_pairs(quantity.words, numbers / (features * (features + 1) / 2), parts)
            elif Columns.SHORTLIST in quantity.columns and facts.listed:
                found += _of_pairs(quantity.words, numbers / (facts.listed * (facts.listed + 1) / 2), parts[:2])
            else:
                about = listed if Columns.SHORTLIST in quantity.columns else selected
                found.append(Equations(quantity.words, numbers, about or frozenset(names)))
    return charge(joined(found))


def _of_each(about: str, times: float, parts: Sequence[frozenset[str]]) -> Iterator[Equations]:
    """Numbers of one feature each."""
    for part in parts:
        if part:
            yield Equations(about, times * len(part), part)


def _of_pairs(about: str, times: float, parts: Sequence[frozenset[str]]) -> Iterator[Equations]:
    """Numbers of two features each, both of one part or of two."""
    for first, second in combinations_with_replacement([part for part in parts if part], 2):
        pairs = len(first) * (len(first) + 1) / 2 if first is second else len(first) * len(second)
        yield Equations(about, times * pairs, first | second)


def _numbers(quantity: Quantity, facts: Facts) -> int:
    try:
        return quantity.numbers(facts)
    except UnknownLengthError:
        return 0


def _bits(study: Study, facts: Foreseen, patients: int) -> Iterator[float]:
    """Bits of each count by class."""
    for phase in schedule(study).phases:
        for quantity in facts.leaving(exchange_of(phase.step)):
            if quantity.whole is not None and Cell.CLASS in quantity.cells:
                try:
                    yield quantity.bits(facts, patients) * phase.at_most
                except UnknownLengthError:
                    continue


def _of_site(fits: Sequence[Fit], site: str) -> tuple[Fit, ...]:
    """Fits that some patient of a site trains; those of its own sums follow from them."""
    return tuple(fit for fit in fits if not fit.leaves_out(site))


def _levels(study: Study) -> dict[str, int]:
    """Values of each categorical column, which nobody knows yet: two, the fewest that vary."""
    return {covariate.column: 2 for covariate in study.covariates if covariate.kind == "categorical"}


def _in_effect(found: np.ndarray) -> float:
    largest = float(found.max(initial=0.0))
    return np.inf if largest == 0 else 1 / largest


def derivable(study: Study) -> bool:
    """Whether a site's own measures are those that the coordinator reads without any collusion."""
    return study.privacy.site_sums is SiteSums.DERIVABLE
