"""A model bundle on this hospital's own patients, from their features to a line for each. Nothing leaves.

The hospital harmonizes itself from its own patients. What a new scanner does to a patient is learned from the others of
that scanner, never from herself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from client.cohort.table import Table
from client.prediction.unseen_site import join, of_last_class, of_study, ranks, risks, score, values
from client.prediction.unseen_site_table import kept
from client.site.simulated_patients import refuse_for_real
from client.site.site_file import Site
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.models.registry import learner_of
from shared.results.bundle import Model
from shared.results.empty_model import is_empty
from shared.results.model import FinalModel
from shared.sections.question import Endpoint


@dataclass(frozen=True)
class Prediction:
    """What a model says of one patient.

    Parameters
    ----------
    patient : as the clinical table calls her
    batch : what she was harmonized with
    rank : share of this hospital's patients who score lower, 0 to 1; None where she is refused, or the model is empty
    risk : recalibrated at this hospital; None where it has too few labels, or she is refused
    called : class, by the threshold that was chosen on training patients; None where there is no risk or no threshold
    outside : features in which she lies outside the range of the training patients; with any, she is refused
    value : of a continuous endpoint, in its unit; None where it has classes, or she is refused
    """

    patient: str
    batch: str
    rank: float | None
    risk: float | None
    called: str | None
    outside: tuple[str, ...]
    value: float | None = None


@dataclass(frozen=True)
class Predictions:
    """All of them, and what a person should know.

    Parameters
    ----------
    patients : in order
    lines : how sure what is
    unit : of values, empty where it has none; None where the endpoint has classes
    """

    patients: tuple[Prediction, ...]
    lines: tuple[str, ...]
    unit: str | None = None


def predict(
    site: Site,
    trained: Model,
    table: Table,
    wanted: Collection[str] = (),
    members: Mapping[str, bytes] | None = None,
    *,
    raw: bool = False,
) -> Predictions:
    """Apply a model.

    Parameters
    ----------
    site : the site file
    trained : of the bundle
    table : all patients of the hospital, labelled or not
    wanted : patients to tell about; all where none is named
    members : further ones of the bundle, such as a network's weights
    raw : whether patients of new scanners stay as they are

    Raises
    ------
    MrfedError where the model is of simulated patients and these are real, a wanted patient has no features, the
    features do not fit, or a scanner has too few patients to be harmonized.
    """
    refuse_for_real(site, trained.study)
    if missing := sorted(set(wanted) - set(table.patients)):
        and_more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: patient {missing[0]}{and_more} has no usable row; see the log of "
            "mrfed-site prepare, and whether the clinical table has her",
        )
    logit, far, names, certainty = _applied(site, trained, table, members or {}, raw=raw)
    inside = ~(far > trained.reach_sd).any(axis=1)
    risk, value = np.full((2, len(logit)), np.nan)
    endpoint = trained.study.question.endpoint
    if endpoint.continuous:
        value[inside], says = values(logit[inside], table.y[inside], trained)
    else:
        risk[inside], says = risks(logit[inside], of_last_class(table.y, trained)[inside], trained)
    rank = np.full(len(logit), np.nan)
    rank[inside] = (ranks(logit[inside], trained) - 0.5) / max(inside.sum(), 1)
    rows = [row for row, patient in enumerate(table.patients) if not wanted or patient in wanted]
    predictions = tuple(
        Prediction(
            patient=str(table.patients[row]),
            batch=str(table.batch[row]),
            rank=_number(rank[row]),
            risk=_number(risk[row]),
            called=_called(trained, risk[row]),
            outside=tuple(name for name, distance in zip(names, far[row], strict=True) if distance > trained.reach_sd),
            value=_number(value[row]),
        )
        for row in rows
    )
    lines = (says, *certainty) if is_empty(trained.model) else (*certainty, says, *_implausible(predictions, endpoint))
    return Predictions(predictions, lines, endpoint.unit if endpoint.continuous else None)


def _implausible(predictions: tuple[Prediction, ...], endpoint: Endpoint) -> tuple[str, ...]:
    """How many values nobody can have: a line goes on beyond all patients."""
    if endpoint.plausible is None:
        return ()
    low, high = endpoint.plausible
    beyond = sum(prediction.value is not None and not low <= prediction.value <= high for prediction in predictions)
    unit = f" {endpoint.unit}" if endpoint.unit else ""
    values = "predicted value is" if beyond == 1 else "predicted values are"
    words = f"{beyond} {values} outside the plausible range of the study, {low:g} to {high:g}{unit}"
    return (words,) if beyond else ()


def _applied(
    site: Site, trained: Model, table: Table, members: Mapping[str, bytes], *, raw: bool
) -> tuple[Array, Array, list[str], tuple[str, ...]]:
    """(n,) logits, (n, features) distances from the training patients, names of these features, and how sure it is."""
    if trained.model is None:
        from client.networks import apply

        logit = apply.logits(site, trained, table, members)
        return (
            logit,
            np.zeros((len(logit), 0)),
            [],
            ("nothing tells whether a patient is outside its range",),
        )
    table = of_study(table, trained)
    joined = join(table, trained, kept(site, trained.study_digest), apart=True, raw=raw)
    names = [coefficient.feature for coefficient in trained.model.coefficients]
    logit = score(joined.u, table.features, trained)
    return logit, distances(joined.u, table.features, trained.model), names, joined.certainty


def distances(u: Array, features: tuple[str, ...], model: FinalModel) -> Array:
    """How far patients lie from the training patients in every feature of a model.

    Parameters
    ----------
    u : (n, features) harmonized
    features : their names
    model : of the bundle

    Returns
    -------
    (n, coefficients) in standard deviations of the training patients; 0 where a value is missing, which counts as their
    mean
    """
    place = {name: index for index, name in enumerate(features)}
    columns = [
        np.abs(u[:, place[coefficient.feature]] - coefficient.mean) / coefficient.sd
        for coefficient in model.coefficients
    ]
    return np.nan_to_num(np.stack(columns, axis=1)) if columns else np.zeros((len(u), 0))


def _called(trained: Model, risk: float) -> str | None:
    """Class of a patient of two; the threshold is one of risks, so that nobody is called by a mere rank."""
    threshold = trained.model.threshold if trained.model is not None else None
    if threshold is None or np.isnan(risk) or not learner_of(trained.study.model).calibrated:
        return None
    negative, positive = trained.study.question.endpoint.classes
    return positive.name if risk >= threshold else negative.name


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
