"""Every strategy by its name in the study file."""

from typing import Any

from shared.sections.network import Averaging
from shared.strategies.ditto import Ditto
from shared.strategies.fedadam import FedAdam
from shared.strategies.fedavg import FedAvg
from shared.strategies.fedavgm import FedAvgM
from shared.strategies.fedbn import FedBN
from shared.strategies.fednova import FedNova
from shared.strategies.fedprox import FedProx
from shared.strategies.fedyogi import FedYogi
from shared.strategies.robust import Robust
from shared.strategies.scaffold import Scaffold
from shared.strategies.strategy import Parts, Strategy

REGISTRY: dict[str, type[Strategy[Any]]] = {
    "fedavg": FedAvg,
    "fedprox": FedProx,
    "fedavgm": FedAvgM,
    "fedadam": FedAdam,
    "fedyogi": FedYogi,
    "fedbn": FedBN,
    "scaffold": Scaffold,
    "fednova": FedNova,
    "ditto": Ditto,
    "median": Robust,
    "trimmed_mean": Robust,
    "krum": Robust,
}


def strategy(settings: Averaging, parts: Parts) -> Strategy[Any]:
    """The strategy of a study for a network."""
    return REGISTRY[settings.name](settings, parts)
