"""One named array that may leave a site, and what anybody can learn from it: over whom, of what, how many numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, prod

from shared.contract.disclosure import Cell, Columns, Content, Least, Unit, Whole, unit_of
from shared.contract.facts import Facts
from shared.contract.fixed_point import Encoding, FixedPoint
from shared.contract.scales import NOTHING


class Way(StrEnum):
    """How a quantity leaves."""

    MASKED = "masked"
    """As a number that means nothing until the answers of all sites are added."""
    JOINED = "masked, in the site's own place of the sum"
    """The same; but no other site adds to it, so that all can read it then."""
    CLEAR = "clear"
    """Readable by the coordinator, for this site alone."""
    DERIVABLE = "clear, only where the study declares site_sums: derivable"

    @property
    def summed(self) -> bool:
        """Whether it travels under masks, and all learn the sum."""
        return self in (Way.MASKED, Way.JOINED)


Encode = Callable[[Facts], Encoding]


def plain(facts: Facts) -> Encoding:
    """Scale of one."""
    del facts
    return FixedPoint()


def on(exponent: int) -> Encode:
    """Scale of a power of two."""
    return lambda _: FixedPoint(exponent)


@dataclass(frozen=True)
class Axis:
    """What the numbers of a quantity stand for, one after another.

    Parameters
    ----------
    name : short, in words
    words : what it is, for a person who never saw the project
    length : how many, from what all know
    cells : what sets of patients differ by along it
    listed : name of the words in the same answer that it counts, where only the site knows its length
    """

    name: str
    words: str
    length: Callable[[Facts], int]
    cells: frozenset[Cell] = frozenset()
    listed: str = ""

    def under_permutation(self) -> "Axis":
        """The same under shuffled labels."""
        return replace(self, length=lambda facts: self.length(facts.permuted))


@dataclass(frozen=True)
class Quantity:
    """One named array that may leave a site.

    Parameters
    ----------
    name : its name in the message
    axes : what its numbers stand for; an axis is never patients
    way : masked or clear
    words : what it is, for a person who approves a study
    content, columns : which equation each number is, about what
    by : what parts the patients beside what the axes say
    unit : of its numbers; of squares and products it is that of the values
    whole : range of whole numbers, where it is a count
    least : fewest patients under a number
    low, high : plausible range
    encode : how its numbers become integers under masks
    broadcast : whether the next question tells all an aggregate of what the sites show
    """

    name: str
    axes: tuple[Axis, ...]
    way: Way
    words: str
    content: Content
    columns: tuple[Columns, ...]
    by: frozenset[Cell]
    unit: Unit
    whole: Whole | None
    least: Least
    low: float
    high: float
    encode: Encode
    broadcast: bool

    @property
    def cells(self) -> frozenset[Cell]:
        """What parts the patients into the sets over which it sums; the site too, where it is of a single one."""
        own = frozenset() if self.way is Way.MASKED else frozenset({Cell.SITE})
        return own.union(self.by, *(axis.cells for axis in self.axes))

    def numbers(self, facts: Facts) -> int:
        """How many real numbers it is."""
        return prod(axis.length(facts) for axis in self.axes)

    def bits(self, facts: Facts, patients: int) -> float:
        """Most that it tells, where it is whole numbers; infinite where it is not.

        Parameters
        ----------
        facts : what is known
        patients : over whom it sums
        """
        return inf if self.whole is None else self.numbers(facts) * self.whole.bits(patients, len(facts.roster))

    def shape(self, facts: Facts, texts: Mapping[str, object]) -> tuple[int, ...]:
        """Lengths of its axes.

        Parameters
        ----------
        facts : what is known
        texts : words of the same answer
        """
        return tuple(
            len(words) if axis.listed and isinstance(words := texts[axis.listed], list | tuple) else axis.length(facts)
            for axis in self.axes
        )

    def under_permutation(self) -> "Quantity":
        """The same under shuffled labels: who is of which class follows from the study's seed."""
        return replace(
            self,
            axes=tuple(axis.under_permutation() for axis in self.axes),
            words=f"{self.words}, under shuffled labels",
            by=self.by | {Cell.PERMUTATION},
        )


@dataclass(frozen=True)
class Text:
    """One named list of words that may leave a site."""

    name: str
    words: str


def masked(
    name: str,
    axes: tuple[Axis, ...],
    words: str,
    content: Content,
    *columns: Columns,
    by: frozenset[Cell] = frozenset(),
    whole: Whole | None = None,
    low: float = -inf,
    encode: Encode = plain,
    unit: Unit | None = None,
    way: Way = Way.MASKED,
) -> Quantity:
    """A quantity that leaves under masks."""
    low, of = 0.0 if whole is not None else low, unit_of(content, whole, unit)
    return Quantity(name, axes, way, words, content, columns, by, of, whole, Least.TOGETHER, low, inf, encode, False)


def counts(
    name: str, axes: tuple[Axis, ...], words: str, *, by: frozenset[Cell] = frozenset(), whole: Whole = Whole.PATIENTS
) -> Quantity:
    """Patients who are counted, under masks."""
    return masked(name, axes, words, Content.COUNT, Columns.NOTHING, by=by, whole=whole)


def clear(
    name: str,
    axes: tuple[Axis, ...],
    words: str,
    content: Content,
    *columns: Columns,
    least: Least,
    by: frozenset[Cell] = frozenset(),
    whole: Whole | None = None,
    low: float = -inf,
    high: float = inf,
    broadcast: bool = False,
    unit: Unit | None = None,
    way: Way = Way.CLEAR,
) -> Quantity:
    """A quantity that the coordinator reads."""
    of = unit_of(content, whole, unit)
    low = max(low, 0.0) if whole is not None and low == -inf else low
    return Quantity(name, axes, way, words, content, columns, by, of, whole, least, low, high, plain, broadcast)


def exponents(name: str, axes: tuple[Axis, ...], words: str, columns: Columns) -> Quantity:
    """Powers of two, of which the largest of all sites is told to all."""
    return clear(name, axes, words, Content.SCALE, columns, least=Least.SITE, low=NOTHING, high=1024, broadcast=True)
