"""A hospital that was not in a study uses its result: it harmonizes itself, and the model ranks its patients.

Nothing is asked of anybody and nothing leaves. The study's consensus is frozen; the hospital's batch effects are
estimated from its own patients, whose labels are not needed. Where it has enough labels of its own, rankings become
risks by local recalibration.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logit
from scipy.stats import rankdata

from client.cohort import far_values
from client.cohort.harmonize import (
    NO_EFFECTS,
    Cohort,
    Effects,
    Fitted,
    common_scale,
    harmonize,
    residuals,
    settings,
)
from client.cohort.table import Table
from client.prediction.frozen import fitted, normalized
from client.prediction.kept_effects import KeptEffects
from harmonization import unseen_site
from harmonization.covbat import fit_scores
from harmonization.design import design, encodings
from harmonization.errors import HarmonizationError, TooFewPatientsError
from harmonization.recalibration import FEWEST_OF_A_CLASS, UNLABELLED, Meaning, Recalibration, recalibrate
from harmonization.value_recalibration import FEWEST_LABELLED, recalibrate_value
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.results.bundle import Model
from shared.results.empty_model import WORDS, is_empty
from shared.results.frozen_harmonization import FrozenHarmonization
from shared.results.result import Result
from shared.sections.harmonization import Harmonization, Method
from shared.study.study_sections import SiteFeatures
from shared.training.fitted_model import FittedModel

_LEAST_RISK = 1e-15
"""Risks this near 0 or 1 count as this, where their log-odds are taken."""


@dataclass(frozen=True)
class Joined:
    """A hospital's patients on the scale of a study in which it took no part.

    Parameters
    ----------
    x : (n, features) harmonized, in their own units, or transformed where the study did so
    u : (n, features) the same about the study's mean, in its pooled standard deviations
    certainty : of each batch, how well its effect is known, a sentence
    """

    x: Array
    u: Array
    certainty: tuple[str, ...]


def join(
    table: Table, trained: Model, kept: KeptEffects | None = None, *, apart: bool = False, raw: bool = False
) -> Joined:
    """Harmonize an unseen site's patients by the frozen consensus of a study.

    Parameters
    ----------
    table : the hospital's patients, labelled or not
    trained : the study's model, as a bundle carries it
    kept : effects of this hospital's own scanners, where it took part; its other scanners are as of an unseen site
    apart : whether a new batch's effect on each patient is learned from the others of the batch alone: a patient far
        outside would else widen what is learned until she seems to lie inside
    raw : whether new batches stay as they are, however few patients they have

    Raises
    ------
    MrfedError where the features are not those of the study, a batch has too few patients, or a covariate has a value
    that the study never saw.
    """
    frozen = _frozen(trained)
    _require_same_features(table, trained, frozen)
    section = trained.study.harmonization
    agreed = fitted(frozen, np.flatnonzero(np.isnan(table.x).any(axis=0)))
    try:
        covariates = encodings(section.covariates, frozen.categories)
        declared = design(table.covariates, covariates, len(table.x))
        shares = np.broadcast_to(frozen.endpoint_shares, (len(table.x), len(frozen.endpoint_shares)))
        z = np.hstack([declared, shares])
        cohort = Cohort(normalized(frozen, table.x), z, _batches(table, section, kept))
        return _harmonized(cohort, agreed, section, kept, table.features, apart=apart, raw=raw)
    except TooFewPatientsError as error:
        raise MrfedError(Code.TOO_FEW_PATIENTS, f"{trained.study.name}: {error}") from error
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"{trained.study.name}: {error}") from error


def score(u: Array, features: tuple[str, ...], trained: Model | Result) -> Array:
    """(n,) score by the frozen model, the log-odds of the last class; at an unseen site only their order.

    Of a continuous endpoint its value, in its unit.

    Parameters
    ----------
    u : (n, features) harmonized
    features : their names
    trained : with the model of the study
    """
    model = trained.model
    assert model is not None  # `join` has refused others
    place = {name: index for index, name in enumerate(features)}
    if not model.vector:
        odds = np.full(len(u), model.intercept)
        for coefficient in model.coefficients:
            # A missing value is the study's mean, as in its training.
            odds += coefficient.value * np.nan_to_num(
                (u[:, place[coefficient.feature]] - coefficient.mean) / coefficient.sd
            )
        return odds
    known, lacking = model.coefficients, model.columns - len(model.coefficients)
    fitting = FittedModel(
        features=np.array([place[coefficient.feature] for coefficient in known] + [-1] * lacking, dtype=np.int64),
        mean=np.array([coefficient.mean for coefficient in known] + [0.0] * lacking),
        sd=np.array([coefficient.sd for coefficient in known] + [1.0] * lacking),
        vector=np.array(model.vector),
    )
    risks = fitting.predict(u, trained.study)
    if trained.study.question.endpoint.continuous:
        return np.asarray(risks[:, 0])
    return np.asarray(logit(risks[:, -1].clip(_LEAST_RISK, 1 - _LEAST_RISK)))


def of_last_class(y: Array, trained: Model | Result) -> Array:
    """(n,) 1 for patients of the last class, whose log-odds a model gives, 0 for others; NaN without a label."""
    return np.where(np.isfinite(y), y == len(trained.study.question.endpoint.classes) - 1, np.nan)


def values(predicted: Array, y: Array, trained: Model | Result) -> tuple[Array, str]:
    """(n,) values of a continuous endpoint here, corrected where this hospital's labels ask for it, and what they mean.

    Parameters
    ----------
    predicted : (n,) of `score`, in the endpoint's unit
    y : (n,) scaled outcome, as tables have it; NaN without a label
    trained : the study's model
    """
    endpoint, model = trained.study.question.endpoint, trained.model
    if is_empty(model):
        return np.full(len(predicted), np.nan), f"{WORDS}: there are no values and no ranks"
    local = recalibrate_value(predicted, endpoint.middle + endpoint.half_range * y)
    words = f"values of {endpoint.column}{' in ' + endpoint.unit if endpoint.unit else ''}"
    if local.patients:
        words += f", held against {local.patients} labelled patients of this hospital (changed: {local.update})"
    elif model is not None and model.differences is not None:
        low, high = model.differences
        words += (
            f", as the study gives them: with fewer than {FEWEST_LABELLED} labelled patients nothing tells whether "
            f"they fit this hospital. Where the model had not seen patients, 95 % of what it predicted lay between "
            f"{low:+.3g} and {high:+.3g} from what was observed"
        )
    return local.value(predicted), words


def ranks(scores: Array, trained: Model | Result) -> Array:
    """(n,) rank of each patient, 1 the lowest, ties in the middle; NaN of an empty model, which ranks nobody."""
    return np.full(len(scores), np.nan) if is_empty(trained.model) else np.asarray(rankdata(scores))


def risks(odds: Array, y: Array, trained: Model | Result) -> tuple[Array, str]:
    """(n,) risks here, NaN where the labels are too few to recalibrate the model, and what they mean.

    Parameters
    ----------
    odds, y : as for `meaning`
    trained : the study's model
    """
    if is_empty(trained.model):
        return np.full(len(odds), np.nan), f"{WORDS}: there are no risks and no ranks"
    try:
        local = meaning(odds, y)
    except MrfedError as error:
        return np.full(len(odds), np.nan), f"ranks only: {error}"
    if local.meaning is Meaning.RANKING:
        return np.full(len(odds), np.nan), (
            f"ranks only: fewer than {FEWEST_OF_A_CLASS} labelled patients of a class, so that nothing tells this "
            "hospital's share of the classes from its scanners"
        )
    words = f"risks, recalibrated on {local.patients} labelled patients of this hospital (changed: {local.update})"
    return local.risk(odds), words


def meaning(odds: Array, y: Array) -> Recalibration:
    """What the model's output means here: risks where the labels suffice to recalibrate it, a ranking where not.

    Parameters
    ----------
    odds : (n,) log-odds of the frozen model
    y : (n,) 1 for the class whose log-odds these are, 0 for others; NaN without a label
    """
    known = np.isfinite(y)
    classes = np.bincount(y[known].astype(int), minlength=2)
    if classes.min() < FEWEST_OF_A_CLASS:
        return UNLABELLED
    try:
        return recalibrate(odds[known], y[known])
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, str(error)) from error


def _batches(table: Table, section: Harmonization, kept: KeptEffects | None) -> Array:
    """(n,) batch of each patient: that of the study for scanners that took part, one of its own for a new scanner."""
    if kept is None:
        return table.batch
    of_study = [kept.batch_of(str(machine)) for machine in table.machine]
    new = np.char.add("new: ", table.machine.astype(str)) if section.batch == "site" else table.machine
    return np.array([own if own is not None else str(label) for own, label in zip(of_study, new, strict=True)])


def _harmonized(
    cohort: Cohort,
    agreed: Fitted,
    section: Harmonization,
    kept: KeptEffects | None,
    names: Sequence[str],
    *,
    apart: bool,
    raw: bool,
) -> Joined:
    if section.method is Method.NONE:
        u = common_scale(cohort.x, agreed.consensus)
        return Joined(cohort.x, u, ("the study does not harmonize",))
    known = kept.effects() if kept is not None else NO_EFFECTS
    features, scores = {**agreed.joined, **known.features}, dict(known.scores)
    certainty, new = [], []
    for label in map(str, np.unique(cohort.batch)):
        part = cohort[cohort.batch == label]
        if kept is not None and label in kept.batches and label not in features:
            certainty.append(f"{label}, {len(part.x)} patients: stays as it is, as in the study")
            continue
        if label in features:
            where = "this hospital" if label in known.features else "other hospitals"
            certainty.append(f"{label}, {len(part.x)} patients: by its effect in the study, at {where}")
            continue
        if raw:
            certainty.append(
                f"{label}, {len(part.x)} patients: as they are, not harmonized; what their scanner does to the "
                "features is in every number here"
            )
            continue
        own, words = _learned(part, label, agreed, section, names)
        features, scores = {**features, **own.features}, {**scores, **own.scores}
        certainty.append(f"{label}, {len(part.x)} patients: {words}")
        new.append(label)
    u = harmonize(cohort, agreed, Effects(features, scores))
    for row in np.flatnonzero(np.isin(cohort.batch, new)) if apart else ():
        batch_mates = cohort[(cohort.batch == cohort.batch[row]) & (np.arange(len(u)) != row)]
        own, _ = _learned(batch_mates, str(cohort.batch[row]), agreed, section, names)
        u[row] = harmonize(cohort[np.array([row])], agreed, own)[0]
    if far := far_values.words(u, names):
        certainty.append(far)
    u = far_values.limited(u, section.clip)
    consensus = agreed.consensus
    x = np.where(consensus.variance > 0, u * np.sqrt(consensus.variance) + consensus.alpha, cohort.x)
    return Joined(x, u, tuple(certainty))


def _learned(
    part: Cohort, batch: str, agreed: Fitted, section: Harmonization, names: Sequence[str]
) -> tuple[Effects, str]:
    """Effects of a new batch, from its patients, and how well they are known."""
    joined = unseen_site.join(
        part.x, part.z, agreed.consensus, settings(section), section.own_patients, agreed.incomplete
    )
    own = Effects({batch: joined.effect})
    if agreed.components is not None:
        own = Effects(own.features, {batch: fit_scores(residuals(part, agreed, own), agreed.components)})
    return own, joined.words(names)


def _frozen(trained: Model) -> FrozenHarmonization:
    if trained.model is None or trained.model.harmonization is None:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{trained.study.name}: its result has no frozen harmonization; ask the coordinator for one that has",
        )
    return trained.model.harmonization


def of_study(table: Table, trained: Model | Result) -> Table:
    """The table with the features of a study, where that took those which all its sites had.

    Parameters
    ----------
    table : the hospital's patients
    trained : with the model of the study

    Raises
    ------
    MrfedError where the table lacks one of them.
    """
    model = trained.model
    if trained.study.features is SiteFeatures.SAME or model is None or model.harmonization is None:
        return table
    return table.only(model.harmonization.features)


def _require_same_features(table: Table, trained: Model, frozen: FrozenHarmonization) -> None:
    if table.features != frozen.features:
        odd = sorted(set(table.features) ^ set(frozen.features))
        what = f"{odd[0]} (and {len(odd) - 1} more) are not in both" if odd else "their order differs"
        raise MrfedError(Code.SETTINGS_DIFFER, f"{trained.study.name}: other features than the study's: {what}")
    if table.settings not in trained.settings:
        raise MrfedError(
            Code.SETTINGS_DIFFER,
            f"{trained.study.name}: the features were computed under other settings than the study's; "
            "run mrfed-site prepare for this study",
        )
