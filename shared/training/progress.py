"""What follows for the models of a study from the totals of its exchanges: the same at every site and the coordinator.

Nothing here knows a patient. A site adds its own designs (`client.exchange.state.learning`), the coordinator the words.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from shared.arrays import Array, Arrays
from shared.models import elastic_net, least_squares
from shared.models.learner import Known, Learner, Outcome
from shared.models.newton import TOLERANCE, Newton
from shared.models.registry import FAMILIES, beside, learner_of
from shared.models.standardize import Standard, standard
from shared.models.trainer import Trainer
from shared.sections.model import NewtonSettings, PenaltyPathSettings
from shared.sections.selection import Mrmr, StabilitySelection
from shared.selection import penalty
from shared.selection.choose import choose, filtered, repeated, shortlist, significant, stability_shares
from shared.selection.mrmr import LEVELS
from shared.selection.univariate import f_of_outcome, f_statistic, freedom
from shared.step import Step
from shared.study.plan import Arm, Fit, LeftOutSite, Nobody, feature_arms, inner_folds, inner_of, small_arms, tasks
from shared.study.study import Study
from shared.training.stability import stable_in_fits


class Learned:
    """Standardized and selected features, coefficients and choices, as far as the exchanges have come.

    Parameters
    ----------
    study : the study
    fits : of the study, with the sites that took part
    broadcast : gives the totals of an exchange by its name
    sites : that took part from the beginning, in order; one without a name where all patients lie in one place
    frugal : whether logistic models are trained from gradients alone, without Hessians
    """

    def __init__(
        self,
        study: Study,
        fits: tuple[Fit, ...],
        broadcast: Callable[[str], Arrays],
        sites: tuple[str, ...] = ("",),
        *,
        frugal: bool = False,
    ) -> None:
        self.study = study
        self._frugal = frugal
        self._broadcast = broadcast
        self._reached: dict[Step, tuple[int, Trainer]] = {}
        self.fits = fits
        self.sites = sites
        self.outer = sum(fit.inner is None for fit in fits)
        """How many fits are outer ones; they come first."""
        self.tasks = tasks(study, self.fits)
        self.classes = max(len(study.question.endpoint.classes), 1)
        self.learner: Learner[Any] = learner_of(study.model)

    def task(self, arm: Arm, fit: int) -> int:
        """Index of a task."""
        return feature_arms(self.study).index(arm) * len(self.fits) + fit

    # -- after moments

    @cached_property
    def class_totals(self) -> Array:
        """(tasks, classes) training patients."""
        return np.rint(self._broadcast(Step.MOMENTS)["class_totals"])

    @cached_property
    def standard(self) -> Standard:
        """Mean and standard deviation of every feature in every task."""
        totals = self._broadcast(Step.MOMENTS)
        return standard(totals["class_totals"].sum(axis=1), totals["class_sums"].sum(axis=1), totals["sum_uu"])

    @property
    def _continuous(self) -> bool:
        return self.study.question.endpoint.continuous

    @property
    def freedom(self) -> tuple[Array, Array]:
        """(tasks, 1) degrees of freedom of `strength`."""
        return freedom(self.class_totals, continuous=self._continuous)

    @cached_property
    def strength(self) -> Array:
        """(tasks, features) F statistic of each feature."""
        totals = self._broadcast(Step.MOMENTS)
        if self._continuous:
            count, sums = self.class_totals.sum(axis=1), totals["class_sums"].sum(axis=1)
            y, squares = totals["outcome_sums"][0], totals["outcome_squares"][0]
            outcome = np.column_stack([y, squares, totals["outcome_products"][0]])
            return f_of_outcome(count, sums, totals["sum_uu"], outcome)
        return f_statistic(totals["class_totals"], totals["class_sums"], totals["sum_uu"])

    @cached_property
    def _usable(self) -> Array:
        """(tasks, features) features that vary, and are stable where the study asks for it."""
        varying, section = ~self.standard.constant, self.study.stability
        if section is None:
            return varying
        sites = (fit.left_out for fit in self.fits[: self.outer] if isinstance(fit.left_out, LeftOutSite))
        stable = stable_in_fits(self._broadcast(Step.STABILITY), section, self.fits, (Nobody(), *sites))
        return varying & np.tile(stable, (len(feature_arms(self.study)), 1))

    @cached_property
    def shortlist(self) -> Array:
        """(tasks, s) features whose products are asked for, -1 where there are fewer."""
        section = self.study.selection
        usable = significant(section.false_discovery_rate, self._usable, self.strength, self.freedom)
        return shortlist(section, usable, self.strength)

    @property
    def levels(self) -> int:
        """Levels of the features of a shortlist, where redundancy is measured by them; else none."""
        by_levels = isinstance(self.study.selection, Mrmr) and not self._continuous
        return int(self.shortlist.shape[1]) * LEVELS if by_levels else 0

    @cached_property
    def extras(self) -> Standard:
        """The same of clinical variables and volume as columns of numbers, in every outer fit."""
        totals = self._broadcast(Step.MOMENTS)
        count = self.class_totals[: self.outer].sum(axis=1)
        return standard(count, totals["extra_sums"], totals["extra_squares"])

    # -- after products

    @cached_property
    def picked(self) -> Array:
        """(tasks, selected) places on the shortlist, -1 where there are fewer."""
        count = self.class_totals.sum(axis=1)
        seed = self.study.evaluation.seed
        totals = self._broadcast(Step.GRAM)
        return choose(
            self.study.selection, self.shortlist, self.strength, count, totals, seed, distinct=self._needs_distinct
        )

    @property
    def _needs_distinct(self) -> bool:
        """Whether columns that repeat others leave the model's coefficients open."""
        model = self.study.model
        if not isinstance(model, PenaltyPathSettings | NewtonSettings):
            return False
        return model.l1_ratio > 0 or np.isinf(model.inverse_strength)

    @cached_property
    def repeats(self) -> dict[int, int]:
        """Features of the final fit that left the model for repeating another, and that other."""
        if not self._needs_distinct:
            return {}
        listed, count = self.shortlist[:1], self.class_totals[:1].sum(axis=1)
        original = repeated(listed, count, self._broadcast(Step.GRAM)["products"][:1])[0]
        return {
            int(listed[0, place]): int(listed[0, first])
            for place, first in enumerate(original.tolist())
            if place != first
        }

    @cached_property
    def half_samples(self) -> Array:
        """(features,) share of half-samples that chose each feature in the final fit; NaN of those not looked at."""
        of_features, section = np.full(self.strength.shape[1], np.nan), self.study.selection
        if isinstance(section, StabilitySelection):
            first = {name: sums[:1] for name, sums in self._broadcast(Step.GRAM).items()}
            listed, count = self.shortlist[:1], self.class_totals[:1].sum(axis=1)
            kept = filtered(section, listed, self.strength[:1], count, first, distinct=self._needs_distinct)[0]
            shares = stability_shares(section, kept, first, self.study.evaluation.seed)
            of_features[listed[kept]] = shares[kept]
        return of_features

    @cached_property
    def selected(self) -> Array:
        """(tasks, selected) features of every task, -1 where there are fewer."""
        listed = np.take_along_axis(self.shortlist, self.picked.clip(0), axis=1)
        return np.where(self.picked >= 0, listed, -1)

    @cached_property
    def _sums(self) -> dict[str, Array]:
        """Sums and products of the selected features, standardized."""
        totals, place = self._broadcast(Step.MOMENTS), self.picked
        sums = totals["class_sums"] - self.class_totals[..., None] * self.standard.mean[:, None, :]
        sums = np.take_along_axis(sums / self.standard.sd[:, None, :], self.selected.clip(0)[:, None, :], axis=2)
        there = place >= 0
        # the products came over the shortlist: their place in its upper triangle
        low, high = np.triu_indices(place.shape[1])
        rows, columns = place.clip(0)[:, low], place.clip(0)[:, high]
        s = self.shortlist.shape[1]
        at = rows * s - rows * (rows - 1) // 2 + columns - rows
        both, crossed = there[:, low] & there[:, high], self._broadcast(Step.GRAM)

        def of_selected(packed: Array, at: Array, both: Array) -> Array:
            where = np.broadcast_to(at, (*packed.shape[:-1], at.shape[-1]))
            return np.where(both, np.take_along_axis(packed, where, axis=-1), 0.0)

        return {
            "class_totals": self.class_totals,
            "class_sums": np.where(there[:, None, :], sums, 0.0),
            "products": of_selected(crossed["products"], at, both),
            "class_products": of_selected(crossed["class_products"], at[:, None], both[:, None]),
        }

    @cached_property
    def _outcome(self) -> Outcome | None:
        """Sums of a continuous endpoint, and of its products with the selected features, standardized."""
        if not self._continuous:
            return None
        totals, scale = self._broadcast(Step.MOMENTS), self.standard
        sums = totals["outcome_sums"][0]
        products = (totals["outcome_products"][0] - scale.mean * sums[:, None]) / scale.sd
        picked = np.where(self.selected >= 0, np.take_along_axis(products, self.selected.clip(0), axis=1), 0.0)
        return Outcome(sums, totals["outcome_squares"][0], picked, self.study.question.endpoint.half_range)

    @cached_property
    def _gradient(self) -> Array:
        """(tasks, 1 + selected) of the loss without features."""
        if self._outcome is not None:
            return least_squares.null_gradient(self.class_totals, self._sums["class_sums"], self._outcome)
        null = {name: self._sums[name] for name in ("class_totals", "class_sums", "products")}
        return elastic_net.null_sums(**null)["gradient"]

    @cached_property
    def penalties(self) -> Array:
        """(tasks, penalties) lambda; inner fits have those of their outer one."""
        model, n = self.study.model, np.maximum(self.class_totals.sum(axis=1), 1)
        if not isinstance(model, PenaltyPathSettings) or model.path_length == 1:
            return np.asarray(1 / (n * model.inverse_strength))[:, None]
        own = elastic_net.penalty_path(
            self._gradient, n, model.l1_ratio, model.penalties, model.smallest_penalty
        ).reshape(len(feature_arms(self.study)), len(self.fits), -1)
        for outer in range(self.outer):
            own[:, list(inner_of(self.study, outer, self.outer))] = own[:, [outer]]
        return np.asarray(own.reshape(len(self.tasks), -1))

    @cached_property
    def _first(self) -> Trainer:
        taking_part = [[not fit.leaves_out(site) for site in self.sites] for fit in self.fits]
        known = Known(
            tolerance=self.study.training.tolerance,
            penalties=self.penalties,
            there=self.picked >= 0,
            frugal=self._frugal,
            seed=self.study.evaluation.seed,
            rounds=self.study.training.max_iterations,
            outcome=self._outcome,
            present=np.array(taking_part * len(feature_arms(self.study))),
            **self._sums,
        )
        return self.learner.begin(self.study.model, known)

    # -- after exchanges of training

    def trainer(self, exchanges: int) -> Trainer:
        """Where training stands after so many exchanges."""
        return self._followed(self._first, self.learner.step, exchanges)

    def _followed(self, first: Trainer, step: Step, exchanges: int) -> Trainer:
        made, trainer = self._reached.get(step, (0, first))
        if made > exchanges:
            made, trainer = 0, first
        while made < exchanges:
            trainer, made = trainer.advance(self._broadcast(f"{step}-{made}")), made + 1
        self._reached[step] = made, trainer
        return trainer

    # -- after tuning

    def chosen(self, arm: Arm, outer: int) -> int:
        """Place on the path of the penalty that an outer fit chose."""
        model = self.study.model
        if not isinstance(model, PenaltyPathSettings) or model.path_length == 1:
            return 0
        totals = self._broadcast(Step.TUNE)
        arms = feature_arms(self.study)
        inner = inner_folds(self.study)
        first = arms.index(arm) * self.outer * inner + outer * inner
        rows = slice(first, first + inner)
        return penalty.choose(totals["held_out_loss"][rows], totals["held_out"][rows], model.choice)

    # -- after combining

    @property
    def small(self) -> tuple[tuple[Arm, int], ...]:
        """Small arms in outer fits, in the order of their axis."""
        return tuple((arm, outer) for arm in small_arms(self.study) for outer in range(self.outer))

    def combiner(self, exchanges: int, columns: int) -> Trainer:
        """Where training of the small arms stands after so many exchanges.

        Parameters
        ----------
        exchanges : made so far
        columns : of their designs, the intercept's with them
        """
        family = FAMILIES[beside(self.study.model.kind, self.classes)]
        totals = np.stack([self.class_totals[outer] for _, outer in self.small])
        first = Newton.start(family, totals, self.study.comparators.c, 0.0, columns, TOLERANCE)
        return self._followed(first, Step.COMBINE, exchanges)
