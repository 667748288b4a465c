"""What a study trains on shuffled labels, and what it asks for anew: plans, which no totals enter."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.models.registry import learner_of
from shared.sections.selection import Mrmr, StabilitySelection
from shared.selection.choose import shortlists_by_class
from shared.study.plan import Fit, Fold, inner_folds, model_alone, nested
from shared.study.study import Study


@dataclass(frozen=True, kw_only=True)
class ShuffledFit(Fit):
    """A set of training patients with shuffled labels."""

    left_out: Fold
    shuffle: int
    """Which shuffle of the labels its patients have."""


def shuffled_fits(study: Study) -> tuple[ShuffledFit, ...]:
    """Every fold under every shuffle, then the inner fits of each."""
    outer = tuple(
        ShuffledFit(
            name=f"shuffle-{shuffle + 1}-fold-{fold + 1}",
            left_out=Fold(fold),
            shuffle=shuffle,
            external=study.evaluation.external_sites,
        )
        for shuffle in range(study.evaluation.permutations)
        for fold in range(study.evaluation.folds)
    )
    return nested(model_alone(study), outer)


def base_of(fits: tuple[Fit, ...]) -> Callable[[ShuffledFit], int]:
    """Gives the place of the fit of the study that has the patients of a shuffled one."""
    places = {(fit.left_out, fit.inner): place for place, fit in enumerate(fits)}
    return lambda fit: places[(fit.left_out, fit.inner)]


def crosses_anew(study: Study) -> bool:
    """Whether the products of features are asked for again: where labels decide of which, or over whom."""
    section = study.selection
    half_samples = isinstance(section, StabilitySelection)
    levels = isinstance(section, Mrmr) and not study.question.endpoint.continuous
    return half_samples or levels or shortlists_by_class(section) or learner_of(study.model).by_class


def decoded_sums(study: Study) -> int:
    """How many sums over groups of patients that a shuffle draws are decoded: as many as patients give rows away.

    Numbers that are shuffled within folds move between inner folds, all but one of which are free. Each of these has a
    sum of outcomes and one of their squares: two equations in the outcomes alone, whatever the features are.
    """
    section, inner = study.evaluation, inner_folds(model_alone(study))
    drawn = 2 * (inner - 1) if study.question.endpoint.continuous and inner else max(inner, 1)
    return section.permutations * section.folds * drawn
