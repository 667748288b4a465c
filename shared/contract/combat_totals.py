"""Totals of ComBat's regression as quantities: of all batches, of a reference, of batches that sites share."""

from collections.abc import Callable

import numpy as np

from shared.arrays import Array
from shared.contract.axes import COVARIATES, FEATURES, INCOMPLETE
from shared.contract.disclosure import Cell, Columns, Content, Unit
from shared.contract.fixed_point import Encoding, FixedPoint
from shared.contract.quantity import Axis, Encode, Quantity, counts, masked, on
from shared.contract.scales import SQUARES, Scales

_SHIFT = 5
"""Powers of two under a feature's magnitude at which its distances from an agreed centre are summed."""
_PRESENT = frozenset({Cell.PRESENCE})


def spread(scales: Scales) -> Array:
    """(features,) powers of two of distances from the batch's mean."""
    return scales.spread


def about_a_centre(scales: Scales) -> Array:
    """(features,) the same from an agreed centre: of a whole batch they may be as large as the values."""
    return np.asarray(np.maximum(scales.spread, scales.magnitude - _SHIFT))


def combat_totals(
    prefix: str,
    axes: tuple[Axis, ...],
    whose: str,
    distances: Callable[[Scales], Array] | None,
    by: frozenset[Cell] = frozenset(),
) -> tuple[Quantity, ...]:
    """Totals of ComBat's regression; the last three are of the features that some patient lacks.

    Parameters
    ----------
    prefix : of their names
    axes : that all have before their own
    whose : of which patients, in words
    distances : powers of two on which distances of features are summed; None where all is in units near one
    by : what parts the patients beside the axes
    """

    def scaled(encode: Callable[[Scales], Encoding]) -> Encode:
        if distances is None:
            return on(SQUARES)
        return lambda facts: encode(facts.scales)

    def summed(exponents: Callable[[Scales], Array]) -> Encode:
        return scaled(lambda scales: FixedPoint(exponents(scales)))

    def x(scales: Scales) -> Array:
        assert distances is not None
        return distances(scales)

    def z(scales: Scales) -> Array:
        return scales.covariate_spread

    def magnitude(scales: Scales) -> Array:
        return scales.covariate_magnitude

    unit = Unit.COMMON if distances is None else Unit.OWN
    batches = by | {Cell.SCANNER}
    present = by | _PRESENT
    return (
        counts(f"{prefix}count", axes, f"training patients{whose}", by=by),
        masked(
            f"{prefix}sum_x",
            (*axes, FEATURES),
            f"sum of a feature{whose}",
            *(Content.FIRST, Columns.FEATURES),
            by=by,
            encode=summed(lambda scales: scales.magnitude),
            unit=unit,
        ),
        masked(
            f"{prefix}sum_z",
            (*axes, COVARIATES),
            f"sum of a covariate{whose}",
            *(Content.FIRST, Columns.COVARIATES),
            by=by,
            encode=summed(magnitude),
            unit=unit,
        ),
        masked(
            f"{prefix}szz",
            (*axes, COVARIATES, COVARIATES),
            f"products of covariates, centred in batches{whose}",
            *(Content.PRODUCT, Columns.COVARIATES),
            by=batches,
            encode=summed(lambda scales: z(scales)[:, None] + z(scales)),
            unit=unit,
        ),
        masked(
            f"{prefix}szx",
            (*axes, COVARIATES, FEATURES),
            f"the same of covariate and feature{whose}",
            *(Content.PRODUCT, Columns.COVARIATES, Columns.FEATURES),
            by=batches,
            encode=summed(lambda scales: z(scales)[:, None] + x(scales)),
            unit=unit,
        ),
        masked(
            f"{prefix}sxx",
            (*axes, FEATURES),
            f"squares of a feature, centred in batches{whose}",
            *(Content.SQUARE, Columns.FEATURES),
            by=batches,
            low=0,
            encode=summed(lambda scales: 2 * x(scales)),
            unit=unit,
        ),
        counts(f"{prefix}incomplete_count", (*axes, INCOMPLETE), f"patients who have a feature{whose}", by=present),
        masked(
            f"{prefix}incomplete_sum_z",
            (*axes, INCOMPLETE, COVARIATES),
            f"sum of their covariates{whose}",
            *(Content.FIRST, Columns.COVARIATES),
            by=present,
            encode=summed(magnitude),
            unit=unit,
        ),
        masked(
            f"{prefix}incomplete_szz",
            (*axes, INCOMPLETE, COVARIATES, COVARIATES),
            f"products of these{whose}",
            *(Content.PRODUCT, Columns.COVARIATES),
            by=present | batches,
            encode=summed(lambda scales: z(scales)[:, None] + z(scales)),
            unit=unit,
        ),
    )
