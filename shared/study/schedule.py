"""The course of a study: which exchanges it has, in which order, and how often each at most.

Coordinator and sites read it from the same study file. A site answers nothing that is not the next exchange of the
course; whoever could skip, repeat under another name or reorder them would choose what a site computes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.contract.contract import Step
from shared.errors import Code, MrfedError
from shared.models.registry import LEARNERS
from shared.sections.harmonization import Method, Transform
from shared.sections.network import Network
from shared.study.permutation_plan import crosses_anew
from shared.study.plan import shows_own_models, small_arms
from shared.study.study import Study
from shared.study.study_sections import Purpose

AGREED: Mapping[str, frozenset[str]] = MappingProxyType(
    {Step.ENROLL: frozenset({"masking_keys"}), Step.INVENTORY: frozenset({"categories", "joined", "patients"})}
)
"""Words on which all agree after a step; the next question, whichever it is, brings them."""


AGGREGATED: Mapping[Step, frozenset[str]] = MappingProxyType({Step.OPEN_ROUND: frozenset({"update"})})
"""Quantities that each site shows the coordinator, and of which the next question tells all one aggregate."""


@dataclass(frozen=True)
class Leg:
    """One kind of exchange in a study's course.

    Parameters
    ----------
    step : its kind
    at_most : how many exchanges it may take
    numbered : whether it is repeated, under the names `step-0`, `step-1` and so on
    optional : whether the next leg may come without it
    """

    step: Step
    at_most: int = 1
    numbered: bool = False
    optional: bool = False


@dataclass(frozen=True, order=True)
class Place:
    """Where an exchange stands in a course.

    Parameters
    ----------
    leg : index of its leg
    number : how many exchanges of this leg came before it
    """

    leg: int
    number: int


@dataclass(frozen=True)
class Course:
    """The legs of a study, in order; no two are of one step."""

    legs: tuple[Leg, ...]

    @property
    def longest(self) -> int:
        """Most exchanges that a study takes."""
        return sum(leg.at_most for leg in self.legs)

    @property
    def begins_with_features(self) -> bool:
        """Whether a site must have its features at once: nothing is learned together before, and they are wanted."""
        return self.legs[1].step is Step.INVENTORY

    def place(self, name: str) -> Place:
        """Where the exchange of this name stands.

        Raises
        ------
        MrfedError (`REFUSED`) where no exchange of the study is called so.
        """
        kind, dash, digits = name.rpartition("-")
        for index, leg in enumerate(self.legs):
            if not leg.numbered and name == leg.step:
                return Place(index, 0)
            if leg.numbered and dash and kind == leg.step and digits.isascii() and digits.isdecimal():
                number = int(digits[:9])
                if digits == str(number) and number < leg.at_most:
                    return Place(index, number)
        raise MrfedError(Code.REFUSED, f"{name[:40]!r} is no exchange of this study")

    def step(self, name: str) -> Step:
        """Kind of the exchange of this name; raises as `place` does."""
        return self.legs[self.place(name).leg].step

    def last(self, names: list[str]) -> str:
        """Name of the latest of several exchanges; empty where there are none."""
        return max(names, key=self.place, default="")

    def follows(self, name: str, after: str) -> bool:
        """Whether one exchange may come straight after another, or first (`after` empty); raises as `place` does."""
        here = self.place(name)
        before = self.place(after) if after else Place(-1, 0)
        if here.leg == before.leg:
            return here.number == before.number + 1
        skipped = self.legs[before.leg + 1 : here.leg]
        return here.leg > before.leg and here.number == 0 and all(leg.optional for leg in skipped)


def made(after: str, step: Step) -> int:
    """Exchanges of a repeated step that had been made when `after` was the last exchange of all.

    Parameters
    ----------
    after : name of that exchange
    step : the repeated one, or one that the course has later than `after`
    """
    kind, _, number = after.rpartition("-")
    return int(number) + 1 if kind == step else 0


def course(study: Study) -> Course:
    """Exchanges of a study, in order.

    Parameters
    ----------
    study : the study file
    """
    if study.purpose is Purpose.FEASIBILITY:
        return Course((Leg(Step.ENROLL), Leg(Step.SURVEY), Leg(Step.FINISH)))
    if study.privacy.noise is not None:
        return Course((Leg(Step.ENROLL), Leg(Step.PRODUCTS), Leg(Step.SCORES), Leg(Step.FINISH)))
    if study.network is not None:
        return Course(_network(study, study.network))
    habitats = study.habitats
    clustering = (Leg(Step.VOXELS), Leg(Step.CELLS), Leg(Step.CLUSTER, habitats.iterations if habitats else 0, True))
    section = study.harmonization
    transform_features = () if section.transform is Transform.NONE else (Leg(Step.TRANSFORM),)
    probe = section.probe
    probing = (Leg(Step.DEAL), Leg(Step.DIVIDE, probe.depth if probe else 0, numbered=True), Leg(Step.GUESS))
    covariance = (Leg(Step.COVARIANCE),) if section.method is Method.COVBAT else ()
    most, learner = study.training.max_iterations, LEARNERS[study.model.kind]
    training = learner.exchanges(study.model, study.training)
    continuous = study.question.endpoint.continuous
    before = () if continuous and not shows_own_models(study) else (Leg(Step.THRESHOLD),)
    return Course(
        (
            Leg(Step.ENROLL),
            *((Leg(Step.NORMALIZE),) if study.standardized else ()),
            *(clustering if habitats else ()),
            Leg(Step.INVENTORY),
            Leg(Step.DESCRIBE),
            *((Leg(Step.STABILITY),) if study.stability is not None else ()),
            *transform_features,
            Leg(Step.HARMONIZE),
            *covariance,
            Leg(Step.MOMENTS),
            Leg(Step.CROSS),
            *((Leg(learner.step, training, numbered=True, optional=True),) if training else ()),
            *((Leg(Step.TUNE),) if study.model.penalties > 1 else ()),
            *((Leg(Step.COMBINE, most, numbered=True, optional=True),) if small_arms(study) else ()),
            *before,
            Leg(Step.RESIDUALS if continuous else Step.EVALUATE),
            *_shuffling(study),
            *(probing if probe else ()),
            Leg(Step.FINISH),
        )
    )


def _shuffling(study: Study) -> tuple[Leg, ...]:
    if not study.evaluation.permutations:
        return ()
    learner = LEARNERS[study.model.kind]
    training = learner.exchanges(study.model, study.training)
    return (
        Leg(Step.SHUFFLE),
        *((Leg(Step.SHUFFLE_CROSS),) if crosses_anew(study) else ()),
        *((Leg(learner.step.shuffled, training, numbered=True, optional=True),) if training else ()),
        *((Leg(Step.SHUFFLE_TUNE),) if study.model.penalties > 1 else ()),
        Leg(Step.SHUFFLE_JUDGE),
    )


def _network(study: Study, network: Network) -> tuple[Leg, ...]:
    turn = Step.ROUND if network.strategy.masked else Step.OPEN_ROUND
    return (
        Leg(Step.ENROLL),
        *((Leg(Step.NORMALIZE),) if study.standardized else ()),
        Leg(Step.INVENTORY),
        Leg(Step.WEIGH),
        Leg(turn, network.training.rounds, numbered=True),
        *((Leg(Step.EXPLAIN),) if network.explain else ()),
        Leg(Step.THRESHOLD),
        Leg(Step.EVALUATE),
        Leg(Step.FINISH),
    )
