"""The fits of a study: each fold, each left-out site, and the final one. All travel in the same exchanges."""

from dataclasses import dataclass
from enum import StrEnum

from shared.sections.harmonization import Missing, Transform
from shared.study import Study


class View(StrEnum):
    """A way of evaluating, in the order of `views`."""

    CROSS_VALIDATION = "cross-validation"
    """Every patient is scored by the fold that left her out; her site took part."""
    LEFT_OUT_SITE = "left-out-site"
    """Every patient is scored by the fit that never saw her site."""


@dataclass(frozen=True)
class Fit:
    """One model of the study and whom it leaves out."""

    name: str
    fold: int | None = None
    site: str | None = None

    @property
    def view(self) -> View | None:
        """How the patients that it leaves out are evaluated; None for the final fit, which leaves out nobody."""
        if self.fold is not None:
            return View.CROSS_VALIDATION
        return View.LEFT_OUT_SITE if self.site is not None else None


def fits(study: Study, roster: tuple[str, ...]) -> tuple[Fit, ...]:
    """All fits of a study, in the order of the leading axis of every array; the final one first."""
    folds = tuple(Fit(f"fold-{fold + 1}", fold=fold) for fold in range(study.evaluation.folds))
    sites = tuple(Fit(f"without-{site}", site=site) for site in roster) if study.evaluation.leave_one_site_out else ()
    return (Fit("final"), *folds, *sites)


def views(study: Study) -> tuple[View, ...]:
    """Ways in which a study is evaluated, in the order of their axis."""
    folds = (View.CROSS_VALIDATION,) if study.evaluation.folds else ()
    sites = (View.LEFT_OUT_SITE,) if study.evaluation.leave_one_site_out else ()
    return folds + sites


def switches(study: Study) -> dict[str, int]:
    """Axis symbols of the contract that only some studies have: their length, 0 where this one has not."""
    section = study.harmonization
    return {
        "referenced": int(section.reference_site is not None),
        "joined": len(section.joined),
        "centred": int(bool(section.joined)),
        "straightened": int(section.transform is not Transform.NONE),
        "powered": int(section.transform is Transform.POWER),
        "ranked": int(section.transform is Transform.RANK),
    }


def unused(study: Study) -> frozenset[str]:
    """Axis symbols of the contract of which this study has nothing: quantities along them do not leave."""
    whole = {"incomplete"} if study.harmonization.missing is Missing.LEAVE_OUT else set()
    return frozenset({symbol for symbol, length in switches(study).items() if not length} | whole)


def deal_seeds(study: Study) -> tuple[int, ...]:
    """A seed for each deal of labels to the site probes."""
    probe = study.harmonization.probe
    return tuple(1_000 * study.evaluation.seed + deal for deal in range(probe.deals if probe is not None else 0))
