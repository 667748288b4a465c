"""The contract of a map: which series, what it needs of the acquisition, what it gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from client.imaging.maps.acquisition import Acquisition, Series
from client.imaging.maps.quantity import MapResult, Quantity

Need = Callable[[Acquisition, Any], str | None]
"""From an acquisition and the map's settings to what is missing, in words; None where nothing is."""


@dataclass(frozen=True)
class QuantitativeMap:
    """A model: what it reads, what it needs, what it gives, and the function that computes it.

    Parameters
    ----------
    reads : kinds of series that it is computed from, the principal one first
    needs : checked in order; the first that is not met is the reason of the refusal
    gives : the quantities of its volumes, in order
    compute : from an acquisition that meets the needs, and the settings of the request
    """

    reads: tuple[type[Series], ...]
    needs: tuple[Need, ...]
    gives: tuple[Quantity, ...]
    compute: Callable[[Acquisition, Any], MapResult]

    def missing(self, acquired: Acquisition, request: object) -> str | None:
        """What the acquisition lacks for this map, in words; None where it can be computed."""
        for kind in self.reads:
            if acquired.find(kind) is None:
                return kind.words
        return next((text for need in self.needs if (text := need(acquired, request)) is not None), None)
