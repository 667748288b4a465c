"""Named features of a region, and why some of them are missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from client.imaging.radiomics.missing import Missing

Measured = dict[str, float | Missing]
"""Name of a feature -> its value, or why there is none."""


@dataclass(frozen=True)
class Features:
    """Named features; what has no value is NaN and has a reason."""

    values: dict[str, float]
    missing: dict[str, Missing] = field(default_factory=dict)
    excluded_voxels: int = 0
    """Voxels of the region that had no value and were left out."""

    @classmethod
    def none(cls, names: tuple[str, ...], why: Missing) -> "Features":
        """Every feature missing, for one reason."""
        return cls.of(dict.fromkeys(names, why))

    @classmethod
    def of(cls, measured: Mapping[str, float | Missing], excluded_voxels: int = 0) -> "Features":
        """Features of what was measured, in its order."""
        return cls(
            {name: float("nan") if isinstance(value, Missing) else value for name, value in measured.items()},
            {name: value for name, value in measured.items() if isinstance(value, Missing)},
            excluded_voxels,
        )
