"""Whether what sites say can be true at all, and where one of them is unlike the others.

Masks hide what a single site adds to a total; what no honest site could have added shows in the total all the same.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from shared.arrays import Array, Arrays, unpack_symmetric
from shared.contract.quantity import Quantity
from shared.contract.registry import exchange_of
from shared.contract.scales import NOTHING
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.study import Study
from shared.training.fitted_model import FittedModel

UNLIKE = 10
"""Powers of two by which a feature's scale may differ from the other sites'; beyond, its unit is probably another."""

_ROUNDING, _MOST = 1e-9, 1e9


def require_answer(site: str, step: Step, arrays: Arrays, patients: int | None) -> None:
    """Refuse numbers in the clear that no site can have.

    Parameters
    ----------
    site : who sent them
    step : kind of exchange
    arrays : as sent, with the shapes of the contract
    patients : of the site, as it said in its inventory; None before

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) with site and quantity.
    """
    if patients is not None and not 1 <= patients <= _MOST:
        raise _impossible(site, step, "patients")
    for quantity in exchange_of(step).quantities:
        if quantity.way.summed or quantity.name not in arrays:
            continue
        values = arrays[quantity.name]
        outside = not ((values >= quantity.low) & (values <= quantity.high)).all()
        if outside or not _counted(quantity, values[values >= 0], patients):
            raise _impossible(site, step, quantity.name)
    if patients is None:
        return
    if step is Step.RESIDUALS:
        _require_residuals(site, step, arrays)
    if step is Step.EVALUATE:
        pairs = arrays["class_counts"].prod(axis=1)
        if not (arrays["u"] <= pairs).all():
            raise _impossible(site, step, "u")
    if "matched_pairs" in arrays and not (arrays["matched_u"] <= arrays["matched_pairs"][..., None]).all():
        raise _impossible(site, step, "matched_u")


def _require_residuals(site: str, step: Step, arrays: Arrays) -> None:
    """Refuse pairs and errors of a continuous endpoint that no patients can have together."""
    if not (arrays["u"] <= arrays["ranked"]).all():
        raise _impossible(site, step, "u")
    correlation, mean, size, square = arrays["errors"].T
    # the mean is at most the mean size, and its square at most the mean square
    possible = (np.abs(correlation) <= 1 + _ROUNDING) & (np.abs(mean) <= size * (1 + _ROUNDING) + _ROUNDING)
    if not (possible & (size**2 <= square * (1 + _ROUNDING) + _ROUNDING)).all():
        raise _impossible(site, step, "errors")
    if not np.isfinite(arrays["recalibration"]).all():
        raise _impossible(site, step, "recalibration")


def require_totals(
    step: str, totals: Arrays, patients: int, *, bounded: bool, whole: bool = True, who: str = "some site"
) -> None:
    """Refuse totals that no sites can have together, or sums that one cannot have.

    Parameters
    ----------
    step : name of the exchange
    totals : decoded
    patients : of all sites that they are over
    bounded : whether a patient moves a model's intercept by at most one, as in logistic models
    whole : whether counts are whole; where some sites' sums stand for all, they are not
    who : whose they are, where that is known

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) with the quantity; masks hide which site it was.
    """
    for quantity in exchange_of(Step.of(step)).summed:
        if quantity.name not in totals:
            continue
        values = totals[quantity.name]
        if (values < quantity.low - _ROUNDING).any() or (whole and not _counted(quantity, values, patients)):
            raise _impossible(who, step, quantity.name)
    if "class_sums" in totals and "sum_uu" in totals:
        # (sum of n values)^2 is at most n times the sum of their squares (Cauchy and Schwarz).
        most = totals["class_totals"][..., None] * totals["sum_uu"][:, None, :]
        if (totals["class_sums"] ** 2 > most * (1 + _ROUNDING) + _ROUNDING).any():
            raise _impossible(who, step, "class_sums")
    if "outcome_products" in totals and totals["outcome_products"].size:
        _require_outcome(step, totals, who)
    if "block_outcomes" in totals and totals["block_outcomes"].size:
        _require_outcome_of_blocks(step, totals, who)
    if bounded and "gradient" in totals:
        if (np.abs(totals["gradient"][:, :1]) > patients).any():
            raise _impossible(who, step, "gradient")
        # what travels first is the curvature along an intercept: a sum of weights
        first = totals["curvature"][:1]
        if ((first < -_ROUNDING) | (first > 2 * patients)).any():
            raise _impossible(who, step, "curvature")


def _require_outcome(step: str, totals: Arrays, who: str) -> None:
    """Refuse sums of an outcome that no outcomes within the plausible range give; there each is at most one in size."""
    patients = totals["class_totals"].sum(axis=1)
    squares = totals["outcome_squares"]
    if ((squares < -_ROUNDING) | (squares > patients + _ROUNDING)).any():
        raise _impossible(who, step, "outcome_squares")
    if (totals["outcome_sums"] ** 2 > patients * squares * (1 + _ROUNDING) + _ROUNDING).any():
        raise _impossible(who, step, "outcome_sums")
    if "sum_uu" in totals:
        most = squares[..., None] * totals["sum_uu"]
        if (totals["outcome_products"] ** 2 > most * (1 + _ROUNDING) + _ROUNDING).any():
            raise _impossible(who, step, "outcome_products")


def _require_outcome_of_blocks(step: str, totals: Arrays, who: str) -> None:
    """The same of inner folds, from which halves are made."""
    patients = totals["block_totals"].sum(axis=-1)[..., None]
    if (np.abs(totals["block_outcomes"]) > patients + _ROUNDING).any():
        raise _impossible(who, step, "block_outcomes")
    squares = np.diagonal(unpack_symmetric(totals["block_products"]), axis1=-2, axis2=-1)[..., None, :]
    most = patients[..., None] * squares
    if (totals["block_outcome_products"] ** 2 > most * (1 + _ROUNDING) + _ROUNDING).any():
        raise _impossible(who, step, "block_outcome_products")


def require_own_models(study: Study, features: int, sites: Sequence[str], totals: Arrays) -> None:
    """Refuse models of single sites that no site can have trained.

    Parameters
    ----------
    study : the study
    features : how many it has
    sites : in the order of their places
    totals : decoded, with `own_models`

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) with the place and what is wrong.
    """
    for rows in totals["own_models"]:
        for site, row in zip(sites, rows, strict=True):
            FittedModel.of_row(row, study, features, site)


def outliers(enrolled: Mapping[str, Arrays], features: tuple[str, ...]) -> tuple[str, ...]:
    """A sentence for each site whose features are of another order of magnitude than those of every other site.

    Parameters
    ----------
    enrolled : what each site said in the clear in its inventory
    features : their names
    """
    sentences = []
    for site, own in enrolled.items():
        magnitudes = [clear["magnitude"] for name, clear in enrolled.items() if name != site]
        if not magnitudes:
            continue
        distance = np.abs(own["magnitude"] - magnitudes).min(axis=0)
        unlike = np.flatnonzero((distance > UNLIKE) & (own["magnitude"] > NOTHING))
        if unlike.size:
            some = ", ".join(features[index] for index in unlike[:3])
            sentences.append(
                f"site {site}: {unlike.size} features ({some}{', ...' if unlike.size > 3 else ''}) are over "
                f"{2**UNLIKE} times larger or smaller than at the other sites; check its units"
            )
    return tuple(sentences)


def _counted(quantity: Quantity, values: Array, patients: int | None) -> bool:
    """Whether values are whole numbers in the range that is declared; whatever they are where none is."""
    if quantity.whole is None or patients is None:
        return True
    most = quantity.whole.most(patients)
    return bool(((values <= most + _ROUNDING) & (np.abs(values - np.rint(values)) <= _ROUNDING)).all())


def _impossible(site: str, step: str, name: str) -> MrfedError:
    return MrfedError(
        Code.DATA_INCONSISTENT,
        f"{step}: {site} sent {name} with values outside the plausible range; ask the sites to check their data",
    )
