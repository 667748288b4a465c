"""One measured number of the benchmark table."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """A number, its unit, which way is better and, where the project set one, its target."""

    name: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    target: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without a target."""
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target
