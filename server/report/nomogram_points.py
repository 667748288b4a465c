"""A logistic model as a nomogram: points for each variable, added up, read off as a risk.

Reference: Iasonos et al., J Clin Oncol 26 (2008) 1364.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

LARGEST_POINTS = 100.0
"""Points of the variable with the largest effect over its range."""


@dataclass(frozen=True)
class Variable:
    """One variable of the model and the range over which it is drawn.

    Attributes
    ----------
    name : as the reader knows it
    coefficient : log-odds for each unit
    low, high : range in the variable's own units, low less than high
    """

    name: str
    coefficient: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"{self.name}: the range {self.low} to {self.high} is empty")

    @property
    def zero(self) -> float:
        """The end of the range that earns no points, the one with the lower risk."""
        return self.low if self.coefficient >= 0 else self.high

    @property
    def effect(self) -> float:
        """Log-odds between the ends of the range."""
        return abs(self.coefficient) * (self.high - self.low)


@dataclass(frozen=True)
class Nomogram:
    """A logistic model over the ranges of its variables.

    Attributes
    ----------
    intercept : log-odds where every variable is 0
    variables : at least one of them with an effect
    """

    intercept: float
    variables: tuple[Variable, ...]

    def __post_init__(self) -> None:
        if not any(variable.effect > 0 for variable in self.variables):
            raise ValueError("a nomogram needs a variable with an effect")

    @property
    def points_per_log_odds(self) -> float:
        """Scale of the points: the largest effect earns `LARGEST_POINTS`."""
        return LARGEST_POINTS / max(variable.effect for variable in self.variables)

    @property
    def base(self) -> float:
        """Log-odds at no points."""
        return self.intercept + sum(variable.coefficient * variable.zero for variable in self.variables)

    def points(self, variable: Variable, value: float) -> float:
        """Points that a value earns; beyond the drawn range the line goes on."""
        return self.points_per_log_odds * variable.coefficient * (value - variable.zero)

    def total(self, values: Mapping[str, float]) -> float:
        """Points of a patient, by the names of the variables."""
        return sum(self.points(variable, values[variable.name]) for variable in self.variables)

    @property
    def most(self) -> float:
        """Points where every variable stands at its end of higher risk."""
        return self.points_per_log_odds * sum(variable.effect for variable in self.variables)

    def risk(self, total: float) -> float:
        """Risk at a number of points."""
        return 1 / (1 + exp(-(self.base + total / self.points_per_log_odds)))

    def total_of(self, risk: float) -> float:
        """Points at a risk strictly between 0 and 1."""
        return (log(risk / (1 - risk)) - self.base) * self.points_per_log_odds

    def formula(self, places: int = 4) -> str:
        """The model as one line of text."""
        terms = "".join(
            f" {'+' if variable.coefficient >= 0 else '−'} {abs(variable.coefficient):.{places}g} × {variable.name}"
            for variable in self.variables
        )
        intercept = f"{self.intercept:.{places}g}".replace("-", "−")
        return f"log-odds = {intercept}{terms}; risk = 1 / (1 + exp(−log-odds))"


def of_standardized(
    intercept: float, coefficients: Sequence[tuple[str, float, float, float]], reach: float = 2.0
) -> Nomogram:
    """Nomogram of a model that was trained on standardized features, in the features' own units.

    Parameters
    ----------
    intercept : of the model on standardized features
    coefficients : name, coefficient, mean and standard deviation of each feature
    reach : standard deviations that are drawn on either side of the mean
    """
    shifted = intercept - sum(value * mean / sd for _, value, mean, sd in coefficients)
    return Nomogram(
        shifted,
        tuple(
            Variable(name, value / sd, mean - reach * sd, mean + reach * sd) for name, value, mean, sd in coefficients
        ),
    )
