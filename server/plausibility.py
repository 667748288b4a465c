"""Whether what sites say can be true at all, and where one of them is unlike the others.

Masks hide what a single site adds to a total; what no honest site could have added shows in the total all the same.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from shared.arrays import Array, Arrays, unpack_symmetric
from shared.contract.scales import NOTHING
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.study import Study
from shared.training.fitted_model import FittedModel

_EXPONENT = (NOTHING, 1024)
RANGES: Mapping[str, tuple[float, float]] = {
    "magnitude": _EXPONENT,
    "spread": _EXPONENT,
    "covariate_magnitude": _EXPONENT,
    "covariate_spread": _EXPONENT,
    "exclusions": (-1, 1e9),
    "shown": (0, 1),
    "brier": (0, 1),
    "auc_variance": (0, 0.25),
    "difference_variance": (0, 1),
    "matched_variance": (0, 0.25),
    "index_variance": (0, 1),
}
"""Of quantities in the clear that do not depend on the number of patients; an AUC's variance is at most 1/4."""

UNLIKE = 10
"""Powers of two by which a feature's scale may differ from the other sites'; beyond, its unit is probably another."""

_ROUNDING = 1e-9


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
    for name, (low, high) in RANGES.items():
        if name in arrays and not ((arrays[name] >= low) & (arrays[name] <= high)).all():
            raise _impossible(site, step, name)
    if patients is None:
        return
    if patients < 1 or patients > 1e9:
        raise _impossible(site, step, "patients")
    for name in ("class_counts", "before", "after", "site_scores", "site_calls", "own_calls"):
        value = arrays.get(name)
        if value is not None and (_no_counts(value[value >= 0], patients) or (value < -1).any()):
            raise _impossible(site, step, name)
    if step is Step.RESIDUALS:
        _require_residuals(site, step, arrays, patients)
    if step is Step.EVALUATE:
        pairs = arrays["class_counts"].prod(axis=1)
        if not ((arrays["u"] >= 0) & (arrays["u"] <= pairs)).all():
            raise _impossible(site, step, "u")
    if "matched_pairs" in arrays:
        pairs = arrays["matched_pairs"]
        if _no_counts(pairs, patients * (patients - 1) // 2):
            raise _impossible(site, step, "matched_pairs")
        if not ((arrays["matched_u"] >= 0) & (arrays["matched_u"] <= pairs[..., None])).all():
            raise _impossible(site, step, "matched_u")


def _require_residuals(site: str, step: Step, arrays: Arrays, patients: int) -> None:
    """Refuse counts, pairs and errors of a continuous endpoint that so many patients cannot have."""
    counts, pairs = arrays["evaluated"], arrays["ranked"]
    if _no_counts(counts, patients) or _no_counts(pairs, patients * (patients - 1) // 2):
        raise _impossible(site, step, "evaluated")
    if not ((arrays["u"] >= 0) & (arrays["u"] <= pairs)).all():
        raise _impossible(site, step, "u")
    correlation, mean, size, square = arrays["errors"].T
    # the mean is at most the mean size, and its square at most the mean square
    possible = (np.abs(correlation) <= 1 + _ROUNDING) & (np.abs(mean) <= size * (1 + _ROUNDING) + _ROUNDING)
    if not (possible & (size**2 <= square * (1 + _ROUNDING) + _ROUNDING)).all():
        raise _impossible(site, step, "errors")
    if not np.isfinite(arrays["recalibration"]).all():
        raise _impossible(site, step, "recalibration")


def require_totals(step: str, totals: Arrays, patients: int, *, bounded: bool, who: str = "some site") -> None:
    """Refuse totals that no sites can have together, or sums that one cannot have.

    Parameters
    ----------
    step : name of the exchange
    totals : decoded
    patients : of all sites that they are over
    bounded : whether a patient moves a model's intercept by at most one, as in logistic models
    who : whose they are, where that is known

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) with the quantity; masks hide which site it was.
    """
    for name in (
        "class_totals",
        "count",
        "scores",
        "training_scores",
        "held_out",
        "calls",
        "class_calls",
        "vendor_calls",
        "moved",
        "counts",
        "patients",
        "differences",
    ):
        if name in totals and _no_counts(totals[name], patients):
            raise _impossible(who, step, name)
    for name in (
        *("weight", "voxels", "cell_weight", "spread_squares", "sxx", "sum_uu", "variable_squares", "channel_squares"),
        *("loss", "held_out_loss", "squared_errors"),
    ):
        if name in totals and (totals[name] < -_ROUNDING).any():
            raise _impossible(who, step, name)
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
    said = []
    for site, own in enrolled.items():
        others = [one["magnitude"] for name, one in enrolled.items() if name != site]
        if not others:
            continue
        distance = np.abs(own["magnitude"] - others).min(axis=0)
        unlike = np.flatnonzero((distance > UNLIKE) & (own["magnitude"] > NOTHING))
        if unlike.size:
            some = ", ".join(features[one] for one in unlike[:3])
            said.append(
                f"site {site}: {unlike.size} features ({some}{', ...' if unlike.size > 3 else ''}) are over "
                f"{2**UNLIKE} times larger or smaller than at the other sites; check its units"
            )
    return tuple(said)


def _no_counts(values: Array, patients: int) -> bool:
    outside = (values < -_ROUNDING) | (values > patients + _ROUNDING)
    return bool((outside | (np.abs(values - np.rint(values)) > _ROUNDING)).any())


def _impossible(site: str, step: str, name: str) -> MrfedError:
    said = f"{step}: {site} sent {name} with values that cannot be; ask the sites to check their data"
    return MrfedError(Code.DATA_INCONSISTENT, said)
