"""Ditto: each site also trains a personal model, pulled towards the global one by (lambda / 2) |v - w_t|^2.

Reference: Li, Hu, Beirami, Smith, ICML 2021, algorithm 1.
"""

from shared.sections.network import Ditto as Settings
from shared.strategies.strategy import Strategy


class Ditto(Strategy[Settings]):
    """FedAvg; the personal weights never leave (`client.networks.local_round` trains them)."""

    keeps = ("personal",)
