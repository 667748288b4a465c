"""Numbers that may be missing, intervals, and the points of curves."""

import math
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from shared.results.part import Part


def _number_or_none(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Measure = Annotated[float | None, BeforeValidator(_number_or_none)]
"""A finite number, or None where there is none; NaN becomes None."""


class IntervalKind(StrEnum):
    """Where an interval comes from, in the words of the report."""

    UNTOUCHED = "score interval, frozen model on untouched patients"
    MUTUAL = "score interval, widened because evaluated patients train each other's models"
    DELONG = "DeLong, frozen model on untouched patients"
    DELONG_MUTUAL = "DeLong, widened because evaluated patients train each other's models"
    FROZEN = "by influence, frozen model on untouched patients"
    FROZEN_MUTUAL = "by influence, widened because evaluated patients train each other's models"
    REPETITION = "spread over repeated cross-validation"
    BOOTSTRAP_MUTUAL = "bootstrap within sites, widened because evaluated patients train each other's models"


class Interval(Part):
    """95 % interval of a measure."""

    low: float
    high: float
    kind: IntervalKind
