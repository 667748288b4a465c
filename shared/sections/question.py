"""What the study asks: the endpoint and the patients it is asked about."""

from enum import StrEnum
from math import isfinite
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from shared.sections.section import Section
from shared.sections.spelling import spelling

HER2_STATUS = "her2_status"
"""Column that a site derives from IHC and ISH (`client.cohort.her2`); any other is read as it stands."""

Value = bool | str | int | float
"""Of a column; YAML makes truth values of bare words such as yes and no (`shared.sections.spelling`)."""


class EndpointKind(StrEnum):
    """How the endpoint's values relate to each other."""

    BINARY = "binary"
    ORDINAL = "ordinal"
    MULTICLASS = "multiclass"
    CONTINUOUS = "continuous"


def _word(name: object) -> object:
    """A name as it was meant: YAML makes truth values of a bare yes and no."""
    return {True: "yes", False: "no"}[name] if isinstance(name, bool) else name


class EndpointClass(Section):
    """One class of an endpoint and the values of the column that mean it."""

    name: Annotated[str, BeforeValidator(_word)]
    values: tuple[Value, ...] = Field(min_length=1)


class Endpoint(Section):
    """What is predicted: a column of the clinical table and what its values mean.

    For a binary endpoint the second class is the positive one.
    """

    kind: EndpointKind
    column: str
    classes: tuple[EndpointClass, ...] = ()
    """In order; a value that no class names leaves the patient out, counted. Empty where continuous."""
    plausible: tuple[float, float] | None = None
    """Of a continuous endpoint: least and largest value that can be. A patient beyond is left out, counted; what leaves
    a site is summed in units of half this range about its middle, so that nobody moves a sum by more than one."""
    unit: str = Field(default="", max_length=20)
    """Of a continuous endpoint, as it is printed behind numbers; empty where it has none."""

    @property
    def continuous(self) -> bool:
        """Whether it is a number, and no class."""
        return self.kind is EndpointKind.CONTINUOUS

    @property
    def middle(self) -> float:
        """Of the plausible range."""
        return sum(self._limits) / 2

    @property
    def half_range(self) -> float:
        """Half the width of the plausible range."""
        return (self._limits[1] - self._limits[0]) / 2

    @property
    def _limits(self) -> tuple[float, float]:
        assert self.plausible is not None  # asked of continuous endpoints only, which state it
        return self.plausible

    def scaled(self, value: float) -> float:
        """A plausible value as it is summed: from -1 to 1."""
        return (value - self.middle) / self.half_range

    @model_validator(mode="after")
    def _range_fits_kind(self) -> "Endpoint":
        if not self.continuous:
            if self.plausible is not None or self.unit:
                raise ValueError(f"plausible and unit are of continuous endpoints; a {self.kind} one has classes")
            return self
        if self.plausible is None:
            raise ValueError(
                "a continuous endpoint states its least and largest plausible value, as plausible: [0, 100]"
            )
        low, high = self.plausible
        if not (isfinite(low) and isfinite(high) and low < high):
            raise ValueError(f"plausible: [{low:g}, {high:g}] is no range; give the least value, then the largest")
        return self

    @model_validator(mode="after")
    def _classes_fit_kind(self) -> "Endpoint":
        needed = {EndpointKind.CONTINUOUS: (0, 0), EndpointKind.BINARY: (2, 2)}.get(self.kind, (3, 20))
        if not needed[0] <= len(self.classes) <= needed[1]:
            raise ValueError(f"a {self.kind} endpoint has {needed[0]} to {needed[1]} classes, not {len(self.classes)}")
        names = [one.name for one in self.classes]
        if len(names) != len(set(names)):
            raise ValueError("two classes have one name; give each its own")
        values = [text for one in self.classes for text in {spelling(value) for value in one.values}]
        if len(values) != len(set(values)):
            raise ValueError("a value belongs to two classes; give each value to one class")
        return self


def _her2(*classes: tuple[str, tuple[str, ...]]) -> Endpoint:
    kind = EndpointKind.BINARY if len(classes) == 2 else EndpointKind.ORDINAL
    named = tuple(EndpointClass(name=name, values=values) for name, values in classes)
    return Endpoint(kind=kind, column=HER2_STATUS, classes=named)


_ZERO = ("zero", "null", "ultralow")
READY_MADE: dict[str, Endpoint] = {
    "her2-zero-vs-low": _her2(("zero", _ZERO), ("low", ("low",))),
    "her2-null-vs-ultralow-and-low": _her2(("null", ("null",)), ("expressed", ("ultralow", "low"))),
    "her2-zero-vs-rest": _her2(("zero", _ZERO), ("rest", ("low", "positive"))),
    "her2-positive-vs-negative": _her2(("negative", (*_ZERO, "low")), ("positive", ("positive",))),
    "her2-three-classes": _her2(("zero", _ZERO), ("low", ("low",)), ("positive", ("positive",))),
}
"""Endpoints that a study names instead of spelling them out."""


def _by_name(value: object) -> object:
    if isinstance(value, str):
        if value not in READY_MADE:
            raise ValueError(f"no ready-made endpoint is called {value!r}; there are: {', '.join(READY_MADE)}")
        return READY_MADE[value]
    return value


class Condition(Section):
    """A condition on a clinical column that a patient must meet to enter the study."""

    column: str
    any_of: tuple[Value, ...] | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Condition":
        if (self.any_of is None) == (self.at_least is None and self.at_most is None):
            raise ValueError("give either any_of, or at_least and/or at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least: {self.at_least:g} is over at_most: {self.at_most:g}; nobody meets both")
        return self


class Question(Section):
    """The question of a study."""

    endpoint: Annotated[Endpoint, BeforeValidator(_by_name)]
    """A ready-made name or an endpoint spelt out."""
    subgroup: tuple[Condition, ...] = ()
    """All of these must hold; the others are left out and counted."""
    patients: Literal["real", "simulated"] = "real"
    """A study of simulated patients carries the notice on every page, and its model refuses real ones."""
