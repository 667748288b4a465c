"""All fits of a study at once: the totals as they travel, and what everybody solves from their sum.

Beside the totals over the batches that sites keep to themselves travel those of the reference, on a leading axis of
one or none, and those of the joined batches, on an axis after the fits'. A study without these sends arrays of no
length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harmonization import joint
from harmonization.array import Array, Labels, Rows
from harmonization.combat import BatchEffect, Settings, effect
from harmonization.federated import COMPLETE, Consensus, Totals, site_totals, solve, stack
from harmonization.incomplete import Incomplete
from harmonization.rank import Called

REFERENCE, JOINED = "reference_", "joined_"
"""What the names of totals that are not over all other batches begin with."""


@dataclass(frozen=True)
class Part:
    """One site's training patients of one fit."""

    x: Array
    """(n, f)"""
    batch: Labels
    z: Array
    """(n, q)"""


@dataclass(frozen=True)
class Joins:
    """Batches that sites share, and about what their products are taken."""

    names: tuple[str, ...] = ()
    centre_x: Array | float = 0.0
    """(f,) agreed"""
    centre_z: Array | float = 0.0
    """(q,) agreed"""

    @classmethod
    def about(cls, names: Sequence[str], summed: Mapping[str, Array], *, transformed: bool) -> "Joins":
        """Take products about the means that the sites found when they described their data.

        Parameters
        ----------
        names : of the joined batches
        summed : `class_totals`, `missing`, and on an axis of one or none `sum_x` and `sum_z`, over all sites
        transformed : whether features were moved to zero since
        """
        if not names:
            return NO_JOINS
        patients = summed["class_totals"].sum()
        means = summed["sum_x"][0] / np.maximum(patients - summed["missing"], 1)
        return cls(tuple(names), 0.0 if transformed else means, summed["sum_z"][0] / patients)


NO_JOINS = Joins()


@dataclass(frozen=True)
class Agreed:
    """What all sites agree on, for every fit (the leading axis)."""

    totals: Totals
    """Over all batches of all sites"""
    consensus: Consensus
    joined: Totals
    """Of each joined batch, on the axis after the fits'"""
    joins: Joins

    def effects(self, fit: int, settings: Settings) -> dict[str, BatchEffect]:
        """What each joined batch does in a fit; only those of which the fit has patients enough.

        Parameters
        ----------
        fit : which
        settings : variant of ComBat
        """
        features = _features(self.joined)
        of_batch = {}
        for place, name in enumerate(self.joins.names):
            own = {key: values[fit, place] for key, values in self.joined.arrays().items()}
            if own["count"] >= settings.fewest_values:
                of_batch[name] = effect(Totals.from_arrays(own, features), self.consensus.fit(fit), settings)
        return of_batch


def incomplete(summed: Mapping[str, Array]) -> Rows:
    """Which features some patient lacks, given how many do (`missing`)."""
    return np.flatnonzero(summed["missing"] > 0)


def named(
    parts: Sequence[Part], incomplete: Rows = COMPLETE, joins: Joins = NO_JOINS, *, declared: bool, holder: bool
) -> dict[str, Array]:
    """Totals of one site for every fit, as they travel.

    Parameters
    ----------
    parts : of every fit
    incomplete : (m,) features that some patient of some site lacks
    joins : batches that sites share
    declared : whether the study has a reference
    holder : whether it is this site
    """
    apart, joined = [], []
    for part in parts:
        own = ~np.isin(part.batch, joins.names)
        apart.append(site_totals(part.x[own], part.batch[own], part.z[own], incomplete))
        if joins.names:
            centres = _centres(joins, part.x.shape[1], part.z.shape[1])
            joined.append(joint.joint_totals(part.x, part.batch, part.z, joins.names, *centres, incomplete))
    totals = flat(stack(apart))
    of_reference = {
        name: np.repeat(values[None] * float(holder), int(declared), axis=0) for name, values in totals.items()
    }
    shared = flat(stack(joined)) if joined else {name: _nothing(values) for name, values in totals.items()}
    return (
        totals
        | {f"{REFERENCE}{name}": values for name, values in of_reference.items()}
        | {f"{JOINED}{name}": values for name, values in shared.items()}
    )


def agree(summed: Mapping[str, Array], called: Called, incomplete: Rows = COMPLETE, joins: Joins = NO_JOINS) -> Agreed:
    """Solve ComBat's regression of every fit, towards the reference where the fit has one.

    Parameters
    ----------
    summed : `named` totals, added up over all sites
    called : names of covariates, fits and features, for errors
    incomplete, joins : as given to `named`

    Raises
    ------
    RankDeficientError, naming the covariates and the fit.
    """
    totals = Totals.from_arrays(summed, incomplete)
    joined = _prefixed(summed, JOINED, incomplete)
    if joins.names:
        joined = joint.within(joined, *_centres(joins, totals.sum_x.shape[-1], totals.sum_z.shape[-1]))
        totals = joint.all_batches(totals, joined)
    consensus = solve(totals, called=called)
    if len(summed[f"{REFERENCE}count"]):
        first = {name: np.asarray(summed[f"{REFERENCE}{name}"])[0] for name in flat(totals)}
        consensus = _towards(totals, Totals.from_arrays(first, incomplete), consensus, called)
    return Agreed(totals, consensus, joined, joins)


def _towards(totals: Totals, reference: Totals, consensus: Consensus, called: Called) -> Consensus:
    """Location and scale of the reference; a fit that leaves it out has none, and stays as it is."""
    towards = solve(totals, reference, called)
    there = (reference.count > 0)[..., None]
    return replace(
        consensus,
        alpha=np.where(there, towards.alpha, consensus.alpha),
        variance=np.where(there, towards.variance, consensus.variance),
    )


def flat(totals: Totals) -> dict[str, Array]:
    """All arrays, those of the incomplete features too where there are none."""
    if totals.incomplete is not None:
        return totals.arrays()
    fits, q = totals.count.shape, totals.sum_z.shape[-1]
    none = Incomplete(COMPLETE, np.zeros((*fits, 0)), np.zeros((*fits, 0, q)), np.zeros((*fits, 0, q, q)))
    return replace(totals, incomplete=none).arrays()


def _nothing(values: Array) -> Array:
    """The same without any joined batch on the axis after the fits'."""
    return np.zeros((len(values), 0, *values.shape[1:]))


def _prefixed(summed: Mapping[str, Array], prefix: str, incomplete: Rows) -> Totals:
    own = {name.removeprefix(prefix): values for name, values in summed.items() if name.startswith(prefix)}
    return Totals.from_arrays(own, incomplete)


def _features(totals: Totals) -> Rows:
    return COMPLETE if totals.incomplete is None else totals.incomplete.features


def _centres(joins: Joins, features: int, covariates: int) -> tuple[Array, Array]:
    return np.broadcast_to(joins.centre_x, features), np.broadcast_to(joins.centre_z, covariates)
