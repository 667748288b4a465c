"""Powers of two on which features and covariates are summed, so that sums under masks keep their digits.

Each site states them in its inventory as near its root mean squares; everybody takes the largest.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shared.arrays import Array, Arrays
from shared.contract.fixed_point import Changes, Encoding, FixedPoint
from shared.sections.network import Network
from shared.step import Step

NOTHING = -300
"""Exponent of something that is zero everywhere at a site: any other site's is larger."""

_SQUARES, _CUBES, _POWERS = 32, 48, 64
"""Exponents for sums of squares and of cubes of features on the common scale, and of squares of their powers."""
_SHIFT = 5
"""Powers of two under a feature's magnitude at which its distances from an agreed centre are summed."""

_MAPS = 12
"""Exponent for sums of maps: from 2^-31 to 2^43 all digits are kept, and of their squares from 2^-19 to 2^55."""


def exponent(values: Array) -> Array:
    """Power of two above the root mean square of each column.

    Parameters
    ----------
    values : (n, columns)

    Returns
    -------
    (columns,) whole numbers
    """
    largest = np.abs(values).max(axis=0, initial=0.0)
    # Divided by the largest first: the square of a large value would overflow.
    unit = np.where(largest > 0, largest, 1.0)
    rms = unit * np.sqrt(np.mean((values / unit) ** 2, axis=0))
    return np.where(largest > 0, np.frexp(rms)[1], NOTHING).astype(np.int64)


def by_covariate(exponents: Array, widths: Sequence[int]) -> Array:
    """Largest exponent of each covariate's columns: before they are agreed sites differ in how many columns they see.

    Parameters
    ----------
    exponents : (columns,)
    widths : how many columns each covariate has

    Returns
    -------
    (covariates,)
    """
    parts = np.split(exponents, np.cumsum(widths)[:-1]) if widths else []
    return np.array([part.max(initial=NOTHING) for part in parts], dtype=np.int64)


@dataclass(frozen=True)
class Scales:
    """Agreed powers of two.

    Parameters
    ----------
    magnitude, spread : (features,) of the values, and of their distances from the batch's mean
    covariate_magnitude, covariate_spread : (covariates,) the same of the covariates as declared by the study, or
        (columns,) once it is agreed which columns they have
    """

    magnitude: Array
    spread: Array
    covariate_magnitude: Array
    covariate_spread: Array

    def arrays(self) -> dict[str, Array]:
        """By name, as they travel."""
        return dict(vars(self))

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Scales":
        """Undo `arrays`; other names are left aside."""
        return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def over(self, widths: Sequence[int], indicators: int = 0) -> "Scales":
        """Scales of the covariates' columns, from those of the covariates, and of columns of 0 and 1 after them."""
        ones = np.ones(indicators, dtype=np.int64)
        return replace(
            self,
            covariate_magnitude=np.concatenate([np.repeat(self.covariate_magnitude, widths), ones]),
            covariate_spread=np.concatenate([np.repeat(self.covariate_spread, widths), ones]),
        )

    @classmethod
    def agree(cls, of_sites: Iterable[Mapping[str, Array]]) -> "Scales":
        """Take the largest of all sites."""
        sites = [cls.from_arrays(one) for one in of_sites]
        return cls(
            **{name: np.max([getattr(site, name) for site in sites], axis=0) for name in cls.__dataclass_fields__}
        )


def encodings(step: Step, agreed: Callable[[], Scales], network: Network | None = None) -> dict[str, Encoding]:
    """How the masked quantities of an exchange become integers; those not named have a scale of one.

    Parameters
    ----------
    step : kind of exchange
    agreed : gives the scales, which exchanges before the inventory do not have
    network : the study's, which states the step of its weights; None where it trains none
    """
    if step is Step.VOXELS:
        # Maps in their own units, from diffusivities (1e-3 mm²/s) to relaxation times (1e3 ms).
        return {"first": FixedPoint(_MAPS), "second": FixedPoint(2 * _MAPS)}
    if step in (Step.ROUND, Step.OPEN_ROUND) and network is not None:
        changes = Changes(network.strategy.largest_change, bits=network.strategy.bits)
        return {"update": changes, "control": changes}
    if step is Step.TRAINING_WEIGHTS:
        assert network is not None
        clinical = np.full(len(network.architecture.variables), _SQUARES)
        of_features = agreed().magnitude
        return {
            "variable_sums": FixedPoint(np.concatenate([clinical, of_features])),
            "variable_squares": FixedPoint(np.concatenate([clinical, 2 * of_features])),
            "channel_sums": FixedPoint(_MAPS),
            "channel_squares": FixedPoint(2 * _MAPS),
        }
    if step is Step.DESCRIBE:
        x, z = agreed().spread, agreed().covariate_spread
        return {
            "spread_squares": FixedPoint(2 * x),
            "szz": FixedPoint(z[:, None] + z),
            "sum_x": FixedPoint(agreed().magnitude),
            "sum_z": FixedPoint(agreed().covariate_magnitude),
            "straight_sums": FixedPoint(agreed().magnitude),
            "straight_squares": FixedPoint(2 * x),
        }
    if step is Step.TRANSFORM:
        return {"first": FixedPoint(_SQUARES), "second": FixedPoint(_POWERS), "bend": FixedPoint(_SQUARES)}
    if step is Step.STABILITY:
        # Changes of masks may move a feature far beyond its spread; 64 bits stay under a squared spread.
        changed = FixedPoint(2 * agreed().spread + _SQUARES)
        return dict.fromkeys(("between_subjects", "between_measurements", "residual"), changed)
    if step is Step.HARMONIZE:
        scales = agreed()
        plain = _of_totals(scales, scales.spread)
        # Distances of a whole batch from an agreed centre may be as large as the values, and far over their spread.
        joined = _of_totals(scales, np.maximum(scales.spread, scales.magnitude - _SHIFT))
        return {
            **plain,
            **{f"reference_{name}": encoding for name, encoding in plain.items()},
            **{f"joined_{name}": encoding for name, encoding in joined.items()},
        }
    if step is Step.PROBE_LABELS:
        summed = ("sum_x", "sum_z", "szz", "szx", "sxx", "incomplete_sum_z", "incomplete_szz", "total", "second")
        return dict.fromkeys(summed, FixedPoint(_SQUARES))
    if step is Step.COVARIANCE:
        return dict.fromkeys(("total", "second", "within"), FixedPoint(_SQUARES))
    if step is Step.PROBE_GROW:
        return {"means": FixedPoint(_SQUARES)}
    if step is Step.MOMENTS:
        # Harmonized features are near one; room for the outliers of skewed ones, and digits under 1e-14 to spare.
        squares = dict.fromkeys(("sum_uu", "shift", "between", "within", "szx"), FixedPoint(_SQUARES))
        extras = dict.fromkeys(("extra_sums", "extra_squares"), FixedPoint(_CUBES))
        return {**squares, **extras, "powers": FixedPoint(_CUBES), "outcome_products": FixedPoint(_SQUARES)}
    if step is Step.THRESHOLD:
        return {"own_models": FixedPoint(_SQUARES)}
    if step is Step.SHUFFLE_MOMENTS:
        return {"outcome_products": FixedPoint(_SQUARES)}
    return {}


def _of_totals(scales: Scales, x: Array) -> dict[str, Encoding]:
    """Of the totals of ComBat's regression, whose features are summed on powers of two x."""
    z = scales.covariate_spread
    return {
        "sum_x": FixedPoint(scales.magnitude),
        "sum_z": FixedPoint(scales.covariate_magnitude),
        "szz": FixedPoint(z[:, None] + z),
        "szx": FixedPoint(z[:, None] + x),
        "sxx": FixedPoint(2 * x),
        "incomplete_sum_z": FixedPoint(scales.covariate_magnitude),
        "incomplete_szz": FixedPoint(z[:, None] + z),
    }
