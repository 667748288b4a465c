"""What coordinator and sites know alike at an exchange, from which the axes of its quantities get their lengths.

Both ends build the same facts: the study, the sites that took part from the beginning, and the totals that the
coordinator broadcast. Before a study begins, the most that may come is foreseen (`shared.contract.foreseen`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from shared.arrays import Array, Arrays
from shared.contract.scales import Scales
from shared.errors import Code, MrfedError
from shared.models.registry import learner_of
from shared.sections.harmonization import Covariate
from shared.step import Step
from shared.strategies.strategy import Strategy
from shared.study.omissions import Omission, omissions
from shared.study.plan import Fit, explains, fits, model_alone
from shared.study.study import Study
from shared.training.explanation import explained
from shared.training.imputation import impute
from shared.training.permutations import Shuffles
from shared.training.progress import Learned


class UnknownLengthError(MrfedError):
    """A length that is not known yet, or that only the site knows."""

    def __init__(self, what: str) -> None:
        super().__init__(Code.NOT_IN_CONTRACT, f"{what}: how many there are is not known before the site says it")


class Facts(ABC):
    """What bears on the lengths of axes.

    Parameters
    ----------
    study : the study
    roster : gives the sites that took part from the beginning, in order
    """

    def __init__(self, study: Study, roster: Callable[[], tuple[str, ...]]) -> None:
        self.study = study
        self._roster = roster

    @cached_property
    def roster(self) -> tuple[str, ...]:
        """Sites that took part from the beginning, in order."""
        return self._roster()

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """The fits of the study, in the order of the leading axis."""
        return fits(self.study, self.roster)

    @property
    def outer(self) -> int:
        """How many fits are outer ones; they come first."""
        return sum(fit.inner is None for fit in self.fits)

    @cached_property
    def omissions(self) -> tuple[Omission, ...]:
        """Who is left out of what is learned without labels: nobody first, then each left-out site."""
        return omissions(self.study, self.roster)

    @property
    def classes(self) -> int:
        """Classes of the endpoint; 1 where it is a number."""
        return max(len(self.study.question.endpoint.classes), 1)

    @cached_property
    def weights(self) -> int:
        """Weights of the network that are averaged."""
        return int(self.strategy.travels.sum())

    @cached_property
    def strategy(self) -> Strategy[Any]:
        """How the weights of the study's network are averaged."""
        import torch  # where a study trains a network

        from shared.networks.parts import parts_of
        from shared.networks.registry import build
        from shared.strategies.registry import strategy

        assert self.study.network is not None
        with torch.device("meta"):  # the form of the weights is wanted, not their values
            return strategy(self.study.network.strategy, parts_of(build(self.study.network)))

    @property
    @abstractmethod
    def features(self) -> int:
        """Features of the study."""

    @property
    @abstractmethod
    def covariates(self) -> int:
        """Columns whose effects harmonization keeps, those of the endpoint among them."""

    @property
    @abstractmethod
    def extras(self) -> int:
        """Columns of clinical variables and of the volume, as baselines use them."""

    @property
    @abstractmethod
    def incomplete(self) -> int:
        """Features that some patient lacks."""

    @property
    @abstractmethod
    def listed(self) -> int:
        """Longest shortlist of features."""

    @property
    @abstractmethod
    def training(self) -> Mapping[str, int]:
        """Lengths that training settles, of the exchange that comes next (`shared.models.trainer.Trainer.sizes`)."""

    @property
    @abstractmethod
    def combining(self) -> Mapping[str, int]:
        """The same of the baselines and the nomogram."""

    @property
    @abstractmethod
    def explained(self) -> int:
        """Features by which the final model explains itself."""

    @property
    @abstractmethod
    def levels(self) -> int:
        """Levels to which the trees of the site probes have been grown."""

    @property
    def first_level(self) -> bool:
        """Whether these trees have not begun to grow."""
        return self.levels == 0

    @property
    @abstractmethod
    def permuted(self) -> "Facts":
        """The same under shuffled labels."""

    @property
    @abstractmethod
    def scales(self) -> Scales:
        """Powers of two on which features and covariates are summed."""


class AgreedFacts(Facts):
    """What is known in a run.

    Parameters
    ----------
    study, roster : as for `Facts`
    broadcast : gives the broadcast totals of an exchange by its name
    words : gives the words on which all agree after a step
    made : how many exchanges of a repeated step have been made
    shuffles : given where labels are shuffled: what is learned from them
    """

    def __init__(
        self,
        study: Study,
        roster: Callable[[], tuple[str, ...]],
        broadcast: Callable[[str], Arrays],
        words: Callable[[Step], Mapping[str, Any]],
        made: Callable[[Step], int],
        shuffles: Shuffles | None = None,
    ) -> None:
        super().__init__(study, roster)
        self.broadcast = broadcast
        self.made = made
        self._words = words
        self._shuffles = shuffles

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """See `Facts.fits`; those of every shuffle under shuffled labels."""
        return fits(self.study, self.roster) if self._shuffles is None else self._shuffles.fits

    @cached_property
    def scales(self) -> Scales:
        """See `Facts.scales`."""
        return Scales.from_arrays(self.broadcast(Step.INVENTORY))

    @property
    def features(self) -> int:
        """See `Facts.features`."""
        return len(self.scales.magnitude)

    @property
    def covariates(self) -> int:
        """See `Facts.covariates`."""
        return len(self.scales.covariate_magnitude)

    @cached_property
    def categories(self) -> dict[str, list[str]]:
        """Agreed levels of every categorical covariate."""
        levels: dict[str, list[str]] = self._words(Step.INVENTORY)["categories"]
        return levels

    @cached_property
    def extras(self) -> int:
        """See `Facts.extras`."""
        section = self.study.comparators
        levels = {name: len(values) for name, values in self.categories.items()}
        return sum(width(one, levels) for one in section.clinical) + int(section.volume is not None)

    @cached_property
    def lacking(self) -> Array:
        """(incomplete,) features that some patient lacks."""
        return np.flatnonzero(self.broadcast(Step.DESCRIBE)["missing"] > 0)

    @property
    def incomplete(self) -> int:
        """See `Facts.incomplete`."""
        return len(self.lacking)

    @cached_property
    def learned(self) -> Learned:
        """All that follows for the models; a missing value counts as the mean of the training patients."""
        if self._shuffles is not None:
            return self._shuffles.learned
        return Learned(self.study, self.fits, self._imputed, self.roster)

    def _imputed(self, step: str) -> Arrays:
        totals = self.broadcast(step)
        return impute(totals, self.lacking) if step == Step.MOMENTS else totals

    @cached_property
    def shuffles(self) -> Shuffles:
        """What is learned from shuffled labels."""
        return Shuffles(self.study, self.fits, self.lacking, self.broadcast, self.roster)

    @cached_property
    def permuted(self) -> "AgreedFacts":
        """See `Facts.permuted`."""
        alone = model_alone(self.study)
        return AgreedFacts(alone, self._roster, self.broadcast, self._words, self.made, self.shuffles)

    @property
    def exchanges(self) -> int:
        """Exchanges of training that have been made."""
        step = self.learned.learner.step
        return self.made(step if self._shuffles is None else step.shuffled)

    @property
    def listed(self) -> int:
        """See `Facts.listed`."""
        return int(self.learned.shortlist.shape[1])

    @property
    def training(self) -> Mapping[str, int]:
        """See `Facts.training`."""
        return self.learned.trainer(self.exchanges).sizes

    @property
    def combining(self) -> Mapping[str, int]:
        """See `Facts.combining`."""
        columns = 1 + max(self.classes - 1, 1) + self.extras
        return self.learned.combiner(self.made(Step.COMBINE), columns).sizes

    @cached_property
    def explained(self) -> int:
        """See `Facts.explained`."""
        return len(explained(self.learned, self.exchanges)[0]) if explains(self.study) else 0

    @property
    def levels(self) -> int:
        """See `Facts.levels`."""
        return self.made(Step.PROBE_GROW)


def width(covariate: Covariate, levels: Mapping[str, int]) -> int:
    """Columns of a covariate.

    Parameters
    ----------
    covariate : as the study declares it
    levels : how many each categorical one has
    """
    if covariate.kind == "categorical":
        return levels[covariate.column] - 1
    return max(len(covariate.knots) - 1, 1)


def most_exchanges(study: Study) -> int:
    """Most exchanges that training takes."""
    return learner_of(study.model).exchanges(study.model, study.training)
