"""A hospital that was not in a study uses its result: it harmonises itself, and the model ranks its patients.

Nothing is asked of anybody and nothing leaves. The study's consensus is frozen; the hospital's batch effects are
estimated from its own patients, whose labels are not needed. Where it has enough labels of its own, rankings become
risks by local recalibration.
"""

from dataclasses import dataclass

import numpy as np

from client.harmonise import Cohort, common_scale, settings
from client.table import Table
from harmonization import newcomer
from harmonization.combat import apply
from harmonization.design import design, encodings
from harmonization.errors import HarmonizationError, TooFewPatientsError
from harmonization.federated import Consensus
from harmonization.recalibration import FEWEST_OF_A_CLASS, UNLABELLED, Recalibration, recalibrate
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.result import FinalModel, FrozenHarmonization, Result
from shared.sections.harmonization import Harmonization, Method


@dataclass(frozen=True)
class Joined:
    """A hospital's patients on the scale of a study in which it took no part.

    Parameters
    ----------
    x : (n, features) harmonised, in their own units
    u : (n, features) the same about the study's mean, in its pooled standard deviations
    certainty : of each batch, how well its effect is known, a sentence
    """

    x: Array
    u: Array
    certainty: tuple[str, ...]


def join(table: Table, result: Result) -> Joined:
    """Harmonise a newcomer's patients by the frozen consensus of a study.

    Parameters
    ----------
    table : the hospital's patients, labelled or not
    result : of the study

    Raises
    ------
    MrfedError where the features are not those of the study, a batch has too few patients, or a covariate has a value
    that the study never saw.
    """
    frozen = _frozen(result)
    _require_same_features(table, result, frozen)
    section = result.study.harmonization
    agreed = Consensus(np.array(float(frozen.patients)), *map(np.array, (frozen.alpha, frozen.beta, frozen.variance)))
    try:
        covariates = encodings(section.covariates, frozen.categories)
        declared = design(table.covariates, covariates, len(table.x))
        shares = np.broadcast_to(frozen.endpoint_shares, (len(table.x), len(frozen.endpoint_shares)))
        cohort = Cohort(table.x, np.hstack([declared, shares]), table.batch)
        return _harmonised(cohort, agreed, section)
    except TooFewPatientsError as error:
        raise MrfedError(Code.TOO_FEW_PATIENTS, f"{result.study.name}: {error}") from error
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"{result.study.name}: {error}") from error


def linear_predictor(u: Array, features: tuple[str, ...], model: FinalModel) -> Array:
    """(n,) log-odds that the frozen model gives; at a newcomer an order of patients, and no more.

    Parameters
    ----------
    u : (n, features) harmonised
    features : their names
    model : of the study
    """
    place = {name: index for index, name in enumerate(features)}
    logit = np.full(len(u), model.intercept)
    for one in model.coefficients:
        logit += one.value * (u[:, place[one.feature]] - one.mean) / one.sd
    return logit


def meaning(logit: Array, y: Array) -> Recalibration:
    """What the model's output means here: risks where the labels suffice to recalibrate it, a ranking where not.

    Parameters
    ----------
    logit : (n,) log-odds of the frozen model
    y : (n,) class index; NaN without a label
    """
    known = np.isfinite(y)
    classes = np.bincount(y[known].astype(int), minlength=2)
    if classes.min() < FEWEST_OF_A_CLASS:
        return UNLABELLED
    try:
        return recalibrate(logit[known], y[known])
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, str(error)) from error


def _harmonised(cohort: Cohort, agreed: Consensus, section: Harmonization) -> Joined:
    if section.method is Method.NONE:
        return Joined(cohort.x, common_scale(cohort.x, agreed), ("the study does not harmonise",))
    x, certainty = cohort.x.copy(), []
    for one in np.unique(cohort.batch):
        part = cohort[cohort.batch == one]
        joined = newcomer.join(part.x, part.z, agreed, settings(section), section.own_patients)
        x[cohort.batch == one] = apply(part.x, part.z, agreed, joined.effect)
        certainty.append(f"{one}, {len(part.x)} patients: {joined.uncertainty.words}")
    return Joined(x, common_scale(x, agreed), tuple(certainty))


def _frozen(result: Result) -> FrozenHarmonization:
    if result.model.harmonization is None:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{result.study.name}: its result has no frozen harmonisation; ask the coordinator for one that has",
        )
    return result.model.harmonization


def _require_same_features(table: Table, result: Result, frozen: FrozenHarmonization) -> None:
    if table.features != frozen.features:
        odd = sorted(set(table.features) ^ set(frozen.features))
        what = f"{odd[0]} (and {len(odd) - 1} more) are not in both" if odd else "their order differs"
        raise MrfedError(Code.SETTINGS_DIFFER, f"{result.study.name}: other features than the study's: {what}")
    if table.settings not in {one.settings for one in result.participants}:
        raise MrfedError(
            Code.SETTINGS_DIFFER,
            f"{result.study.name}: the features were computed under other settings than the study's; "
            "run mrfed-site prepare for this study",
        )
