"""The schedule of a study: which exchanges it has, in which order, and how often each at most.

Coordinator and sites read it from the same study file. A site answers nothing that is not the next exchange of the
schedule; whoever could skip, repeat under another name or reorder them would choose what a site computes.
"""

from dataclasses import dataclass

from shared.contract.exchange import Exchange
from shared.contract.registry import EXCHANGES
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.study import Study


@dataclass(frozen=True)
class Phase:
    """One exchange in a study's schedule.

    Parameters
    ----------
    step : its kind
    at_most : how many exchanges it may take
    numbered : whether it is repeated, under the names `step-0`, `step-1` and so on
    optional : whether the next phase may come without it
    """

    step: Step
    at_most: int = 1
    numbered: bool = False
    optional: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all its exchanges."""
        return tuple(f"{self.step}-{number}" for number in range(self.at_most)) if self.numbered else (str(self.step),)


@dataclass(frozen=True, order=True)
class Position:
    """Where an exchange stands in a schedule.

    Parameters
    ----------
    phase : index of its phase
    number : how many exchanges of this phase came before it
    """

    phase: int
    number: int


@dataclass(frozen=True)
class Schedule:
    """The phases of a study, in order; no two are of one step."""

    phases: tuple[Phase, ...]

    @property
    def longest(self) -> int:
        """Most exchanges that a study takes."""
        return sum(phase.at_most for phase in self.phases)

    @property
    def begins_with_features(self) -> bool:
        """Whether a site must have its features at once: nothing is learned together before, and they are wanted."""
        return self.phases[1].step is Step.INVENTORY

    @property
    def steps(self) -> tuple[Step, ...]:
        """Kinds of its exchanges, in order."""
        return tuple(phase.step for phase in self.phases)

    def position(self, name: str) -> Position:
        """Where the exchange of this name stands.

        Raises
        ------
        MrfedError (`REFUSED`) where no exchange of the study is called so.
        """
        kind, dash, digits = name.rpartition("-")
        for index, phase in enumerate(self.phases):
            if not phase.numbered and name == phase.step:
                return Position(index, 0)
            if phase.numbered and dash and kind == phase.step and digits.isascii() and digits.isdecimal():
                number = int(digits[:9])
                if digits == str(number) and number < phase.at_most:
                    return Position(index, number)
        raise MrfedError(Code.REFUSED, f"{name[:40]!r} is no exchange of this study")

    def step(self, name: str) -> Step:
        """Kind of the exchange of this name; raises as `position` does."""
        return self.phases[self.position(name).phase].step

    def last(self, names: list[str]) -> str:
        """Name of the latest of several exchanges; empty where there are none."""
        return max(names, key=self.position, default="")

    def follows(self, name: str, after: str) -> bool:
        """Whether one exchange may come straight after another, or first (`after` empty); raises as `position` does."""
        position = self.position(name)
        before = self.position(after) if after else Position(-1, 0)
        if position.phase == before.phase:
            return position.number == before.number + 1
        skipped = self.phases[before.phase + 1 : position.phase]
        return position.phase > before.phase and position.number == 0 and all(phase.optional for phase in skipped)


def made(after: str, step: Step) -> int:
    """Exchanges of a repeated step that had been made when `after` was the last exchange of all.

    Parameters
    ----------
    after : name of that exchange
    step : the repeated one, or one that the schedule has later than `after`
    """
    kind, _, number = after.rpartition("-")
    return int(number) + 1 if kind == step else 0


def schedule(study: Study) -> Schedule:
    """Exchanges of a study, in order.

    Parameters
    ----------
    study : the study file
    """
    return Schedule(tuple(_phase(exchange, study) for exchange in EXCHANGES if exchange.asked(study)))


def _phase(exchange: Exchange, study: Study) -> Phase:
    return Phase(exchange.step, exchange.at_most(study), exchange.numbered, exchange.optional)
