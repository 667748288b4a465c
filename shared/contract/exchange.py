"""One exchange: when a study asks for it, how often, and all that leaves a site in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from shared.arrays import Arrays
from shared.contract.facts import Facts
from shared.contract.fixed_point import Encoding
from shared.contract.quantity import Quantity, Text, Way
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.study import Study


def _once(study: Study) -> int:
    del study
    return 1


@dataclass(frozen=True)
class Exchange:
    """One question to all sites, and what may leave them in answer; nothing else may.

    Parameters
    ----------
    step : its name
    purpose : what it is for, a sentence
    whose : which studies ask it, in words
    asked : whether a study asks it
    quantities, texts : what leaves
    at_most : how often a study asks it
    numbered : whether it is repeated, under the names `step-0`, `step-1` and so on
    optional : whether the next exchange may come without it
    robust : whether sums are taken over the sites that agree best, where some may be dishonest
    agrees : words on which all agree after it; the next question, whichever it is, brings them
    brings : words that the question itself brings
    """

    step: Step
    purpose: str
    whose: str
    asked: Callable[[Study], bool]
    quantities: tuple[Quantity, ...] = ()
    texts: tuple[Text, ...] = ()
    at_most: Callable[[Study], int] = _once
    numbered: bool = False
    optional: bool = False
    robust: bool = False
    agrees: frozenset[str] = frozenset()
    brings: frozenset[str] = frozenset()

    @property
    def summed(self) -> tuple[Quantity, ...]:
        """Quantities that leave under masks."""
        return tuple(quantity for quantity in self.quantities if quantity.way.summed)

    @property
    def broadcast(self) -> tuple[Quantity, ...]:
        """Quantities of which the next question tells all a sum or an aggregate."""
        return tuple(quantity for quantity in self.quantities if quantity.way.summed or quantity.broadcast)

    def leaving(self, *, derivable: bool) -> tuple[Quantity, ...]:
        """What leaves, given whether the study lets the sums of a site be concluded."""
        return tuple(quantity for quantity in self.quantities if derivable or quantity.way is not Way.DERIVABLE)

    def encodings(self, facts: Facts) -> dict[str, Encoding]:
        """How the masked quantities become integers."""
        return {quantity.name: quantity.encode(facts) for quantity in self.summed}

    def under_permutation(
        self, only: frozenset[str] | None = None, asked: Callable[[Study], bool] = lambda _: True
    ) -> "Exchange":
        """The same exchange for all shuffles of the labels.

        Sites that differ are kept: labels are shuffled within each, and none can gain by what it says of them.

        Parameters
        ----------
        only : names of the quantities that are asked again; None for all
        asked : whether a study that shuffles labels asks this again
        """
        before = self.asked
        return replace(
            self,
            step=self.step.shuffled,
            purpose=f"{self.purpose.removesuffix('.')}: once more, for every shuffle of the labels.",
            whose=f"{self.whose}, where they shuffle labels (`evaluation.permutations`)",
            asked=lambda study: study.evaluation.permutations > 0 and before(study) and asked(study),
            quantities=tuple(
                quantity.under_permutation() for quantity in self.quantities if only is None or quantity.name in only
            ),
            robust=False,
        )

    def check(self, arrays: Arrays, texts: Mapping[str, object], facts: Facts, *, derivable: bool) -> None:
        """Refuse an answer that says more, less or another shape than declared.

        Parameters
        ----------
        arrays : what is about to leave
        texts : words that are about to leave
        facts : what both ends know, from which axes get their lengths
        derivable : whether the study declares `site_sums: derivable`

        Raises
        ------
        MrfedError (`NOT_IN_CONTRACT`) with the step and the quantity.
        """
        agreed = {quantity.name: quantity for quantity in self.leaving(derivable=derivable)}
        words = {text.name for text in self.texts}
        for name in sorted((set(agreed) ^ set(arrays)) | (words ^ set(texts))):
            how = "is missing" if name in agreed or name in words else "is not agreed"
            raise MrfedError(Code.NOT_IN_CONTRACT, f"{self.step}: {name} {how}")
        for name, quantity in agreed.items():
            expected, sent = quantity.shape(facts, texts), np.shape(arrays[name])
            if sent != expected:
                raise MrfedError(Code.NOT_IN_CONTRACT, f"{self.step}: {name} has shape {sent}, agreed is {expected}")
