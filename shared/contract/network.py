"""Training of a network on images: what sites weigh, rounds, and where the network looks."""

import numpy as np

from shared.contract.axes import CLASSES, FITS
from shared.contract.disclosure import Columns, Content, Least, Unit, Whole
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.fixed_point import Changes, Encoding, FixedPoint
from shared.contract.quantity import Axis, Quantity, Text, Way, clear, counts, masked, on
from shared.contract.scales import MAPS, SQUARES
from shared.sections.network import Network
from shared.step import Step
from shared.study.study import Study

ATTENTIONS, MEASURES = 2, 4
"""Ways of telling where a network looks, and the measures of each (`client.networks.explain`)."""


def _section(facts: Facts) -> Network:
    assert facts.study.network is not None
    return facts.study.network


def _trains(study: Study, *, sums: bool) -> bool:
    return study.network is not None and study.network.strategy.masked is sums


def _rounds(study: Study) -> int:
    return study.network.training.rounds if study.network is not None else 0


def _changes(facts: Facts) -> Encoding:
    strategy = _section(facts).strategy
    return Changes(strategy.largest_change, bits=strategy.bits)


def _variables(power: int, facts: Facts) -> Encoding:
    clinical = np.full(len(_section(facts).architecture.variables), SQUARES)
    return FixedPoint(np.concatenate([clinical, power * facts.scales.magnitude]))


def _channels(facts: Facts) -> int:
    seen = _section(facts).input
    return len(seen.channels) if seen.intensity == "common" else 0


_VARIABLES = Axis(
    "variables",
    "clinical variables and features that the network takes beside the images",
    lambda facts: len(_section(facts).architecture.joined),
)
_CHANNELS = Axis("channels", "images that have a scale in common, as channels of the network", _channels)
_WEIGHTS = Axis("weights", "weights of the network that are averaged", lambda facts: facts.weights)
_CONTROLLED = Axis(
    "controlled",
    "once where sites correct their drift by control variates, else not at all",
    lambda facts: int(_section(facts).strategy.controlled),
)
_ATTENTIONS = Axis("attentions", "ways of telling where the network looks", lambda _: ATTENTIONS)
_MEASURES = Axis(
    "measures",
    "patients; how much lies in the lesion, how large it is, how often the peak is in it",
    lambda _: MEASURES,
)
_CHANGE = (Content.CHANGE, Columns.IMAGES, Columns.ENDPOINT)
_CHANGED = "how training here changed the network's weights"

TRAINING_WEIGHTS = Exchange(
    Step.TRAINING_WEIGHTS,
    "How many patients train the network, and on which scale its inputs enter.",
    "studies with a network on images",
    asked=lambda study: study.network is not None,
    quantities=(
        counts("class_totals", (FITS, CLASSES), "patients per class who train each fit"),
        counts("sites", (FITS,), "how many sites have any", whole=Whole.SITES),
        masked(
            "variable_sums",
            (FITS, _VARIABLES),
            "sum of a clinical variable or feature over them",
            *(Content.FIRST, Columns.CLINICAL, Columns.FEATURES),
            encode=lambda facts: _variables(1, facts),
            unit=Unit.OWN,
        ),
        masked(
            "variable_squares",
            (FITS, _VARIABLES),
            "sum of its squares",
            *(Content.SQUARE, Columns.CLINICAL, Columns.FEATURES),
            low=0,
            encode=lambda facts: _variables(2, facts),
            unit=Unit.OWN,
        ),
        masked(
            "channel_sums",
            (FITS, _CHANNELS),
            "sum over them of a channel's mean over the crop",
            *(Content.FIRST, Columns.IMAGES),
            encode=on(MAPS),
            unit=Unit.OWN,
        ),
        masked(
            "channel_squares",
            (FITS, _CHANNELS),
            "sum over them of the mean of its squares",
            *(Content.SQUARE, Columns.IMAGES),
            low=0,
            encode=on(2 * MAPS),
            unit=Unit.OWN,
        ),
    ),
    texts=(Text("start", "hash of the weights from which the network starts"),),
)


def _beside(update: Quantity) -> tuple[Quantity, ...]:
    return (
        update,
        masked(
            "control",
            (_CONTROLLED, FITS, _WEIGHTS),
            "how the control variate changed, in parts of the mean",
            *_CHANGE,
            encode=_changes,
        ),
        masked(
            "effort",
            (FITS,),
            "how many steps were taken, in parts of the mean",
            Content.COUNT,
            Columns.NOTHING,
            unit=Unit.NONE,
        ),
        masked(
            "loss",
            (FITS,),
            "log-loss of the network that came in",
            *(Content.LOSS, Columns.SCORES, Columns.ENDPOINT),
            low=0,
        ),
        counts("judged", (FITS,), "over how many patients"),
        masked(
            "concordant",
            (FITS,),
            "pairs of validation patients of different class that it ranks rightly",
            *(Content.RANKS, Columns.SCORES, Columns.ENDPOINT),
        ),
        masked("pairs", (FITS,), "of so many", Content.COUNT, Columns.ENDPOINT, whole=Whole.PAIRS),
        clear(
            "site_loss",
            (FITS,),
            "mean log-loss of the network that came in, here",
            *(Content.LOSS, Columns.SCORES, Columns.ENDPOINT),
            least=Least.SITE,
            way=Way.DERIVABLE,
        ),
    )


ROUND = Exchange(
    Step.ROUND,
    "One round of the network: every site trains, and the changes of the weights are averaged.",
    "studies with a network whose changes are only added up",
    asked=lambda study: _trains(study, sums=True),
    at_most=_rounds,
    numbered=True,
    quantities=_beside(
        masked("update", (FITS, _WEIGHTS), f"{_CHANGED}, in parts of the mean", *_CHANGE, encode=_changes)
    ),
)
OPEN_ROUND = Exchange(
    Step.OPEN_ROUND,
    "One round of the network in which the coordinator compares the sites, to withstand dishonest ones.",
    "studies with a network whose sites are compared (`median`, `trimmed_mean`, `krum`)",
    asked=lambda study: _trains(study, sums=False),
    at_most=_rounds,
    numbered=True,
    quantities=_beside(clear("update", (FITS, _WEIGHTS), _CHANGED, *_CHANGE, least=Least.SITE, broadcast=True)),
)
EXPLAIN = Exchange(
    Step.EXPLAIN,
    "Where the final network looks: at the lesion, or beside it.",
    "studies with a network that is explained",
    asked=lambda study: study.network is not None and study.network.explain,
    quantities=(
        masked(
            "attention",
            (_ATTENTIONS, _MEASURES),
            "how much the network looks at the lesion, over all patients",
            *(Content.MEASURE, Columns.IMAGES),
        ),
    ),
)
