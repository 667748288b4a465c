"""What a study trains on shuffled labels, and what it asks for anew: plans, which no totals enter."""

from collections.abc import Callable

from shared.models.registry import LEARNERS
from shared.sections.selection import Selector
from shared.selection.choose import shortlists_by_class
from shared.study.plan import Fit, inner_folds, model_alone, nested
from shared.study.study import Study


def shuffled_fits(study: Study) -> tuple[Fit, ...]:
    """Every fold under every shuffle, then the inner fits of each."""
    outer = tuple(
        Fit(
            f"shuffle-{shuffle + 1}-fold-{fold + 1}",
            fold=fold,
            shuffle=shuffle,
            external=study.evaluation.external_sites,
        )
        for shuffle in range(study.evaluation.permutations)
        for fold in range(study.evaluation.folds)
    )
    return nested(model_alone(study), outer)


def base_of(fits: tuple[Fit, ...]) -> Callable[[Fit], int]:
    """Gives the place of the fit of the study that has the patients of a shuffled one."""
    places = {(fit.fold, fit.inner): place for place, fit in enumerate(fits) if fit.site is None and not fit.repeat}
    return lambda fit: places[(fit.fold, fit.inner)]


def crosses_anew(study: Study) -> bool:
    """Whether the products of features are asked for again: where labels decide of which, or over whom."""
    section = study.selection
    halves = section.method is Selector.STABILITY
    levels = section.method is Selector.MRMR and not study.question.endpoint.continuous
    return halves or levels or shortlists_by_class(section) or LEARNERS[study.model.kind].by_class


def decoded_sums(study: Study) -> int:
    """How many sums over groups of patients that a shuffle draws are decoded: as many as patients give rows away.

    Numbers that are shuffled within folds move between inner folds, all but one of which are free. Each of these has a
    sum of outcomes and one of their squares: two equations in the outcomes alone, whatever the features are.
    """
    section, inner = study.evaluation, inner_folds(model_alone(study))
    drawn = 2 * (inner - 1) if study.question.endpoint.continuous and inner else max(inner, 1)
    return section.permutations * section.folds * drawn
