"""FedAvg: the weighted mean of what the sites trained.

Reference: McMahan et al., AISTATS 2017, algorithm 1.
"""

from shared.sections.network import FedAvg as Settings
from shared.strategies.strategy import Strategy


class FedAvg(Strategy[Settings]):
    """The strategy that the others extend."""
