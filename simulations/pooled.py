"""The study on one table that has the patients of all sites: the same folds, settings and penalties, no exchange.

ComBat is fitted on the pooled table in every fit; features are ranked, penalties chosen and models trained on it. Of
the federated run nothing is used but which patients enter and which fold leaves each out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from client.derived.harmonised import Harmonised
from client.harmonise import Cohort, Effects, Fitted, estimate, harmonise, learners, settings
from client.run import Run
from harmonization.combat import harmonise_pooled
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.learn import Taught
from shared.learning import Learned
from shared.lesson import Members
from shared.plan import Fit, View, nested
from shared.sections.harmonization import LeftOutSite, Method, Missing, Transform
from shared.study import Study


def require_poolable(study: Study) -> None:
    """Refuse a study whose harmonisation is not compared.

    Raises
    ------
    MrfedError (`STUDY_INVALID`) with what is not.
    """
    section = study.harmonization
    unfit = {
        "network": study.network is not None,
        "privacy.noise": study.privacy.noise is not None,
        "harmonization.method: covbat": section.method is Method.COVBAT,
        "harmonization.transform": section.transform is not Transform.NONE,
        "harmonization.missing: impute": section.missing is Missing.IMPUTE,
        "harmonization.joined": bool(section.joined),
        "harmonization.reference_site": section.reference_site is not None,
        "harmonization.keep_endpoint": section.keep_endpoint,
        "stability": study.stability is not None,
    }
    if found := [name for name, there in unfit.items() if there]:
        raise MrfedError(
            Code.STUDY_INVALID,
            f"{study.name}: the pooled table is not computed with {', '.join(found)}; leave it out of a copy of the "
            "study for the comparison, or run the study by itself with mrfed-simulate run",
        )


@dataclass(frozen=True)
class _Place:
    """Rows of one site in the pooled table."""

    run: Run
    rows: slice


class Pooled:
    """Models of the pooled table.

    Parameters
    ----------
    runs : every site's part in a run that has finished, for its table and folds
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.study = runs[0].study
        require_poolable(self.study)
        ends = np.cumsum([0, *(len(run.table.y) for run in runs)]).tolist()
        self.places = [_Place(run, slice(a, b)) for run, a, b in zip(runs, ends, ends[1:], strict=False)]
        self.fits = nested(self.study, tuple(fit for fit in runs[0].fits if fit.inner is None))
        self.y = np.concatenate([run.table.y for run in runs])

    def _joined(self, parts: Sequence[Array]) -> Array:
        return np.concatenate(list(parts))

    def trains(self, fit: Fit) -> Array:
        """(n,) who trains a fit."""
        return self._joined([one.run.trains(fit) for one in self.places])

    @cached_property
    def _batch(self) -> Array:
        return self._joined([np.array([f"{one.run.site.name} {b}" for b in one.run.batch]) for one in self.places])

    def harmonised(self, fit: Fit) -> Array:
        """(n, features) of everybody on the common scale, by a ComBat that saw the training patients alone."""
        if fit not in self._known:
            self._known[fit] = self._harmonise(fit)
        return self._known[fit]

    @cached_property
    def _known(self) -> dict[Fit, Array]:
        return {}

    def _harmonise(self, fit: Fit) -> Array:
        section, trains = self.study.harmonization, self.trains(fit)
        cohorts = [one.run.part(Harmonised).cohort_of(fit) for one in self.places]
        whole = Cohort(self._joined([one.x for one in cohorts]), self._joined([one.z for one in cohorts]), self._batch)
        learned = whole[trains]
        found = harmonise_pooled(learned.x, learned.batch, learned.z, settings(section))
        fitted = Fitted(found.consensus)
        effects = dict(found.effects) if section.method is not Method.NONE else {}
        for one in self.places:
            if fit.leaves_out(one.run.site.name) and section.method is not Method.NONE:
                here = whole[np.arange(one.rows.start, one.rows.stop)]
                nobody = np.zeros(len(here.x), dtype=bool)
                learn = learners(section, nobody, one.run.part(Harmonised).borrowed, True)
                effects |= estimate(here, fitted, section, learn).features
        return harmonise(whole, fitted, Effects(effects))

    def unharmonised(self, fit: Fit) -> Array:
        """(n, features) of everybody as they are, each feature about its mean in units of its spread."""
        x = self._joined([one.run.part(Harmonised).cohort_of(fit).x for one in self.places])
        spread = x.std(axis=0)
        return np.asarray((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0))

    @cached_property
    def taught(self) -> Taught:
        """The models, trained on the one table."""
        return self._taught(self.harmonised)

    @cached_property
    def taught_unharmonised(self) -> Taught:
        """The same on features as they are."""
        return self._taught(self.unharmonised)

    def _taught(self, values: Callable[[Fit], Array]) -> Taught:
        def members(learned: Learned) -> Members:
            del learned
            return Members(
                values=lambda task: values(self.fits[task]),
                source=lambda task: task,
                outcome=lambda _: self.y,
                trains=lambda fit: self.trains(self.fits[fit]),
            )

        return Taught(self.study, self.fits, [members], len(self.places[0].run.table.features))

    def evaluated(self, view: View, repeat: int = 0) -> tuple[Array, Array]:
        """(n,) who is evaluated in a view, and (n, classes) what is predicted of her; NaN of the others."""
        found = self.unseen(view, repeat, lambda outer: self.taught.risks(0, outer))
        return np.asarray(np.isfinite(found).all(axis=1)), found

    def unseen(self, view: View, repeat: int, predicted: Callable[[int], Array]) -> Array:
        """(n, classes) what is predicted of each patient by the fit that evaluates her; NaN of the others.

        Parameters
        ----------
        view, repeat : in which patients are evaluated
        predicted : (n, classes) of all patients, by an outer fit that settled a model
        """
        found = np.full((len(self.y), max(len(self.study.question.endpoint.classes), 1)), np.nan)
        for outer, fit in enumerate(self.fits[: self.taught.learned.outer]):
            if fit.view is not view or fit.repeat != repeat or not self.taught.settled(outer):
                continue
            risks = predicted(outer)
            for one in self.places:
                if not fit.judges(one.run.site.name):
                    continue
                rows = ~one.run.trains(fit)
                if view.frozen and self.study.harmonization.left_out_site is LeftOutSite.OWN_PATIENTS:
                    rows &= ~one.run.part(Harmonised).borrowed
                found[one.rows][rows] = risks[one.rows][rows]
        return found
