"""What a study trains and evaluates: fits, arms, tasks, views. All travel in the same exchanges.

A *fit* is a set of training patients: all of them, those out of a fold, those out of a site; each of these *outer* fits
has *inner* ones, which leave out a part of its training patients in turn, where a penalty is chosen or scores are
combined. An *arm* is what predicts: the study's model, and what it is held against. A *task* is an arm on features in
a fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from shared.sections.comparators import Comparators
from shared.sections.harmonization import Method
from shared.sections.privacy import SiteSums
from shared.sections.selection import StabilitySelection
from shared.study.study import Study


class View(StrEnum):
    """A way of evaluating, in the order of `views`."""

    CROSS_VALIDATION = "cross-validation"
    """Every patient is scored by the fold that left her out; her site took part."""
    LEFT_OUT_SITE = "left-out-site"
    """Every patient is scored by the fit that never saw her site."""
    EXTERNAL = "external-site"
    """Every patient of a site that trains nothing is scored by the final fit."""

    @property
    def frozen(self) -> bool:
        """Whether models that were frozen meet patients of sites that they never saw.

        DeLong's variance is then that of each site's AUC; over several sites it is so where they are not `mutual`.
        """
        return self is not View.CROSS_VALIDATION

    @property
    def mutual(self) -> bool:
        """Whether patients who are evaluated train each other's models (`shared.metrics.dependence`)."""
        return self is not View.EXTERNAL


class Arm(StrEnum):
    """What predicts."""

    MODEL = "model"
    """The study's model, on the features that it harmonizes and selects."""
    UNHARMONIZED = "without harmonization"
    """The same on features as they are."""
    CLINICAL = "clinical variables only"
    VOLUME = "tumour volume only"
    COMBINED = "model and clinical variables"
    """The model's score beside the clinical variables: the nomogram."""
    ALONE = "each site alone"
    """The same model, trained at each site on its own patients, without the others."""
    SITE = "site identity only"
    """How frequent each class is among the training patients of the patient's own site."""


@dataclass(frozen=True)
class Nobody:
    """No patient of the sites that train."""


@dataclass(frozen=True)
class Fold:
    """A fold of each site that trains."""

    number: int
    repeat: int = 0
    """Which of the repeated cross-validations it belongs to."""


@dataclass(frozen=True)
class LeftOutSite:
    """All patients of one of the sites that train otherwise."""

    name: str


@dataclass(frozen=True)
class Fit:
    """A set of training patients, by whom it leaves out."""

    name: str
    left_out: Nobody | Fold | LeftOutSite = Nobody()
    inner: int | None = None
    """Inner fold that it leaves out besides, of the training patients of its outer fit; None of outer fits."""
    external: tuple[str, ...] = ()
    """Sites that train no fit."""

    @property
    def view(self) -> View | None:
        """How the patients that an outer fit leaves out are evaluated; None where it leaves out nobody."""
        if isinstance(self.left_out, Fold):
            return View.CROSS_VALIDATION
        if isinstance(self.left_out, LeftOutSite):
            return View.LEFT_OUT_SITE
        return View.EXTERNAL if self.external else None

    @property
    def words(self) -> str:
        """Whom it leaves out, in words that follow what is said of it."""
        left = []
        if isinstance(self.left_out, LeftOutSite):
            left.append(f"site {self.left_out.name}")
        if isinstance(self.left_out, Fold):
            of = f" of repetition {self.left_out.repeat + 1}" if self.left_out.repeat else ""
            left.append(f"fold {self.left_out.number + 1}{of}")
        if self.inner is not None:
            left.append(f"inner fold {self.inner + 1}")
        if self.external:
            left.append(f"external sites ({', '.join(self.external)})")
        return f" without {' and '.join(left)}" if left else ""

    def leaves_out(self, site: str) -> bool:
        """Whether no patient of a site trains it."""
        return self.left_out == LeftOutSite(site) or site in self.external

    def judges(self, site: str) -> bool:
        """Whether a site's patients who do not train it are evaluated by it."""
        if self.view is View.CROSS_VALIDATION:
            return site not in self.external
        return self.left_out == LeftOutSite(site) if self.view is View.LEFT_OUT_SITE else site in self.external

    def evaluated_in(self, view: View, repeat: int = 0) -> bool:
        """Whether the patients that it leaves out are evaluated in a view, of repeated ones in this repetition."""
        return self.view is view and (not isinstance(self.left_out, Fold) or self.left_out.repeat == repeat)


FitKind = TypeVar("FitKind", bound=Fit)


@dataclass(frozen=True)
class Task:
    """An arm on features in a fit."""

    arm: Arm
    fit: int
    """Index of the fit."""


def model_alone(study: Study) -> Study:
    """The same study without anything that its model is held against."""
    alone = Comparators(without_harmonization=False, site_identity=False)
    return study.model_copy(update={"comparators": alone})


def training_sites(study: Study, roster: Sequence[str]) -> tuple[str, ...]:
    """Those of some sites that train anything at all: external ones do not."""
    return tuple(site for site in roster if site not in study.evaluation.external_sites)


def outer_fits(study: Study, roster: tuple[str, ...]) -> tuple[Fit, ...]:
    """Fits whose models are evaluated; the final one first, which is kept."""
    external = study.evaluation.external_sites
    folds = tuple(
        Fit(f"repeat-{repeat + 1}-fold-{fold + 1}" if repeat else f"fold-{fold + 1}", Fold(fold, repeat))
        for repeat in range(study.evaluation.repeats)
        for fold in range(study.evaluation.folds)
    )
    left_out = training_sites(study, roster) if study.evaluation.leave_one_site_out else ()
    sites = tuple(Fit(f"without-{site}", LeftOutSite(site)) for site in left_out)
    return tuple(replace(fit, external=external) for fit in (Fit("final"), *folds, *sites))


def fits(study: Study, roster: tuple[str, ...]) -> tuple[Fit, ...]:
    """All fits of a study, in the order of their axis: the outer ones, then the inner ones of each."""
    return nested(study, outer_fits(study, roster))


def nested(study: Study, outer: tuple[FitKind, ...]) -> tuple[FitKind, ...]:
    """Outer fits, then the inner ones of each, which a study's choices need."""
    inner = tuple(
        replace(fit, name=f"{fit.name}-inner-{fold + 1}", inner=fold)
        for fit in outer
        for fold in range(inner_folds(study))
    )
    return outer + inner


def inner_folds(study: Study) -> int:
    """Inner folds of every outer fit; none where nothing is chosen by them."""
    chosen = study.model.path_length > 1 or isinstance(study.selection, StabilitySelection)
    nested = chosen or bool(study.comparators.clinical)
    return study.evaluation.inner_folds if nested else 0


def inner_of(study: Study, outer: int, count: int) -> range:
    """Indices of the inner fits of an outer one, of so many outer ones."""
    inner = inner_folds(study)
    return range(count + outer * inner, count + (outer + 1) * inner)


def feature_arms(study: Study) -> tuple[Arm, ...]:
    """Arms that are trained on the features, in order."""
    harmonizes = study.harmonization.method is not Method.NONE
    return (Arm.MODEL, Arm.UNHARMONIZED) if harmonizes and study.comparators.without_harmonization else (Arm.MODEL,)


def small_arms(study: Study) -> tuple[Arm, ...]:
    """Arms on few columns, trained after those on features."""
    clinical = (Arm.CLINICAL, Arm.COMBINED) if study.comparators.clinical else ()
    return clinical + ((Arm.VOLUME,) if study.comparators.volume else ())


def tasks(study: Study, fits_: tuple[Fit, ...]) -> tuple[Task, ...]:
    """All tasks, in the order of their axis: every fit of the model first."""
    return tuple(Task(arm, fit) for arm in feature_arms(study) for fit in range(len(fits_)))


def views(study: Study) -> tuple[View, ...]:
    """Ways in which a study is evaluated, in the order of their axis."""
    folds = (View.CROSS_VALIDATION,) if study.evaluation.folds else ()
    sites = (View.LEFT_OUT_SITE,) if study.evaluation.leave_one_site_out else ()
    return folds + sites + ((View.EXTERNAL,) if study.evaluation.external_sites else ())


def evaluates(study: Study, view: View, site: str) -> bool:
    """Whether a site's patients are evaluated in a view."""
    return (site in study.evaluation.external_sites) == (view is View.EXTERNAL)


def learns_alone(study: Study) -> bool:
    """Whether each site trains a model of its own."""
    return any(one.arm is Arm.ALONE for one in judged(study))


def shows_own_models(study: Study) -> bool:
    """Whether sites try each other's models: a model of one site tells its sums."""
    return study.privacy.site_sums is SiteSums.DERIVABLE and learns_alone(study)


def explains(study: Study) -> bool:
    """Whether the final model tells by what it decides: a linear one does, from sums."""
    return study.network is None and study.evaluation.explain


def blocks(study: Study) -> int:
    """Inner folds of which half-samples are made; none where features are not chosen by them."""
    return inner_folds(study) if isinstance(study.selection, StabilitySelection) else 0


def deal_seeds(study: Study) -> tuple[int, ...]:
    """A seed for each deal of labels to the site probes."""
    probe = study.harmonization.probe
    return tuple(1_000 * study.evaluation.seed + deal for deal in range(probe.deals if probe is not None else 0))


@dataclass(frozen=True)
class Judged:
    """One arm in one view, for one class against the others."""

    arm: Arm
    view: View
    repeat: int
    target: int
    """Class whose risk is judged; the second of two."""


def targets(study: Study) -> tuple[int, ...]:
    """Classes that are judged against the others: the second of two, each of more; 0 stands for a number."""
    classes = len(study.question.endpoint.classes)
    return tuple(range(classes)) if classes > 2 else (max(classes - 1, 0),)


def judged(study: Study) -> tuple[Judged, ...]:
    """All that is evaluated, in the order of its axis: the model first."""
    # A network is no matter of minutes, and no site trains one a second time.
    alone = (Arm.ALONE,) if study.comparators.each_site_alone and study.network is None else ()
    site = (Arm.SITE,) if study.comparators.site_identity else ()
    arms = (*feature_arms(study), *small_arms(study), *alone, *site)
    return tuple(
        Judged(arm, view, repeat, target)
        for arm in arms
        for view in views(study)
        if arm is not Arm.ALONE or view is View.CROSS_VALIDATION
        for repeat in range(study.evaluation.repeats if view is View.CROSS_VALIDATION else 1)
        for target in targets(study)
    )
