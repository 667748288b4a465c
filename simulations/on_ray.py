"""A study in Flower's simulation engine: each site is a virtual node on Ray, here or on an existing cluster."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from flwr.app import Context, Message
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp

from client.node.app import reply
from client.site.site_file import Site
from server.federation import Federation
from server.journal import Exchange, Journal
from shared.errors import MrfedError
from shared.study.study import Study
from simulations.ownership import approve_everywhere, coordinator_key

Outcome = TypeVar("Outcome")


def simulate_on_ray(
    study: Study,
    sites: Sequence[Site],
    folder: Path,
    conduct: Callable[[Federation], Outcome],
    on_exchange: Callable[[Exchange], None] = lambda _: None,
    cpus_per_site: float = 1.0,
) -> Outcome:
    """Run a study on Ray; the same questions, answers and stages as in one process or over a network.

    Parameters
    ----------
    study : the study
    sites : those of the study; their files must be reachable from the cluster's machines
    folder : where the coordinator's journal lies
    conduct : runs the study with the sites, such as `server.conduct.conduct`
    on_exchange : called with every exchange
    cpus_per_site : share of a processor that a site's answer takes

    Notes
    -----
    With `RAY_ADDRESS` set, an existing cluster is used.
    """
    # Both are read when Flower and Ray start: nothing may be reported to anybody.
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from flwr.simulation import run_simulation

    journal, key = Journal(folder / "journal"), coordinator_key(folder)
    if not journal.begun:
        approve_everywhere(study, sites, key)
    client, server = ClientApp(), ServerApp()
    ended: list[Outcome | MrfedError] = []

    @client.query()  # type: ignore[untyped-decorator]  # flwr is not typed for us
    def query(message: Message, context: Context) -> Message:
        return reply(message, sites[int(context.node_config["partition-id"])])

    @server.main()  # type: ignore[untyped-decorator]
    def main(grid: Grid, _: Context) -> None:
        try:
            ended.append(conduct(Federation(grid, study, journal.run(), journal, key, None, on_exchange)))
        except MrfedError as error:
            ended.append(error)

    resources = {"client_resources": {"num_cpus": cpus_per_site, "num_gpus": 0.0}}
    run_simulation(server, client, num_supernodes=len(sites), backend_config=resources)
    (outcome,) = ended
    if isinstance(outcome, MrfedError):
        raise outcome
    return outcome
