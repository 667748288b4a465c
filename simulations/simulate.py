"""A study over simulated or local sites on this machine."""

from collections.abc import Callable, Iterable
from pathlib import Path

from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Exchange, Journal
from shared.results.result import Result
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key


def simulate(
    study: Study,
    sites: Iterable[Site],
    folder: Path,
    run: str = "simulation",
    on_exchange: Callable[[Exchange], None] = lambda _: None,
) -> Result:
    """Run a study in this process; the sites approve it unseen, as whoever simulates owns them all.

    Parameters
    ----------
    study : what is asked
    sites : who is asked
    folder : where the coordinator's journal lies; a run that was broken off goes on from there
    run : its name, letters and digits
    on_exchange : called with every exchange
    """
    return conduct(federation_of(study, sites, folder, run, on_exchange))


def federation_of(
    study: Study,
    sites: Iterable[Site],
    folder: Path,
    run: str = "simulation",
    on_exchange: Callable[[Exchange], None] = lambda _: None,
) -> Federation:
    """The sites in this process, all of which have approved the study; as in `simulate`."""
    sites = list(sites)
    journal, key = Journal(folder / "journal"), coordinator_key(folder)
    if not journal.begun:
        approve_everywhere(study, sites, key)
    grid = InProcessGrid(sites)
    return Federation(grid, study, run, journal, key, grid.nodes, on_exchange)
