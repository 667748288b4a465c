"""Named arrays that sites send and whose sum over sites is what everybody goes on with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import reduce
from operator import add
from typing import Self, TypeVar

import numpy as np

from harmonization.array import Array


@dataclass(frozen=True)
class Sums:
    """A dataclass of arrays that add up."""

    def __add__(self, other: Self) -> Self:
        """Sum over the patients of both."""
        mine, theirs = self.arrays(), other.arrays()
        return type(self).from_arrays({name: mine[name] + theirs[name] for name in mine})

    def arrays(self) -> dict[str, Array]:
        """Flatten to named arrays, as they travel."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Invert `arrays`; other names are left aside."""
        return cls(**{field.name: np.asarray(arrays[field.name], dtype=np.float64) for field in fields(cls)})


_Part = TypeVar("_Part", bound=Sums)


def total(parts: Iterable[_Part]) -> _Part:
    """Sum over batches, folds or sites; of one part at least."""
    return reduce(add, parts)
