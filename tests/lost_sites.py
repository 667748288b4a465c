"""A study of four small sites, of which some are lost: on the way, or in the middle of a question."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flwr.app import Message

from client.exchange import handler
from client.site.site_file import Columns, Data, Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.federation.messages import Question
from shared.results.result import Result
from shared.sections.federation import Dropout
from shared.sections.federation import Federation as FederationSection
from shared.sections.governance import Governance
from shared.sections.harmonization import Harmonization, LeftOutSite
from shared.sections.learning import Evaluation, Training
from shared.sections.privacy import Privacy, SiteSums
from shared.sections.question import Question as QuestionSection
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key
from tests.conftest import table_of

SITES = ("east", "north", "south", "west")


def four_sites(mode: SiteSums, dropout: Dropout = Dropout.CONTINUE, sites: tuple[str, ...] = SITES) -> Study:
    """HER2-zero against low, in two folds; each site is left out where sums are derivable."""
    return Study(
        name="lost-sites",
        title="Sites that are lost",
        question=QuestionSection(endpoint="her2-zero-vs-low", patients="simulated"),  # type: ignore[arg-type]
        governance=Governance(ethics="none needed", data_use="synthetic", expires=date(2099, 12, 31)),
        harmonization=Harmonization(left_out_site=LeftOutSite.RAW),
        training=Training(max_iterations=3, tolerance=1e-2),
        evaluation=Evaluation(folds=2, leave_one_site_out=mode is SiteSums.DERIVABLE),
        privacy=Privacy(site_sums=mode, minimum_patients=4),
        federation=FederationSection(sites=sites, quorum=2, deadline_s=0.05, dropout=dropout),
    )


def settle(folder: Path, names: Iterable[str] = SITES) -> list[Site]:
    """The sites' tables and workspaces."""
    settled = []
    for name in names:
        home = folder / name
        home.mkdir(parents=True)
        seed = SITES.index(name)
        table_of(name, 16 + 4 * seed, seed, features=3).to_csv(home / "table.csv", index=False)
        columns = Columns(ihc="ihc", ish="ish")
        data = Data(features=home / "table.csv")
        settled.append(Site(name=name, data=data, columns=columns, feature_columns="f", workspace=home / "workspace"))
    return settled


class LosingGrid(InProcessGrid):
    """Loses what some sites say from some question on, and forgets every site's memory between two questions.

    Parameters
    ----------
    sites : the sites
    lost : for a site, the question from which on it is not heard any more
    falls_at : question before which the coordinator falls, once
    """

    def __init__(self, sites: Iterable[Site], lost: Mapping[str, str], falls_at: str = "") -> None:
        super().__init__(sites)
        self.lost = dict(lost)
        self.falls_at = falls_at
        self.asked: list[str] = []
        self.gone: set[str] = set()
        self.late: list[Message] = []

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """Ask the sites; the coordinator falls first where it is to."""
        messages = list(messages)
        name = messages[0].metadata.group_id
        if name == self.falls_at:
            self.falls_at = ""
            raise InterruptedError(name)
        self.asked.append(name)
        self.gone |= {site for site, step in self.lost.items() if step == name}
        handler._RUNS.clear()
        return list(super().push_messages(messages))

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        """Answers of the sites that are heard."""
        replies = list(super().pull_messages(message_ids))
        of_node = {node: site for site, node in self.nodes.items()}
        heard = [reply for reply in replies if of_node[reply.metadata.src_node_id] not in self.gone]
        self.late += [reply for reply in replies if reply not in heard]
        return heard

    def question(self, site: str, step: str, of: Study, roster: tuple[str, ...], **words: object) -> object:
        """Ask one site a question that the coordinator makes up."""
        return handler.answer(
            self._sites[self.nodes[site]], Question(of.digest, "run", step, step.split(".")[0], roster, words)
        )


@dataclass(frozen=True)
class Conducted:
    """A study that came to its end."""

    result: Result
    journal: Journal
    grid: LosingGrid


def approved(study: Study, sites: list[Site], folder: Path) -> None:
    """Approve the study everywhere."""
    approve_everywhere(study, sites, coordinator_key(folder))


def conducted(
    study: Study,
    sites: list[Site],
    folder: Path,
    grid: LosingGrid,
    on_exchange: Callable[..., None] = lambda _: None,
) -> Conducted:
    """Conduct an approved study, or go on with it."""
    journal = Journal(folder / "journal")
    names = {site.name for site in sites}
    nodes = {site: node for site, node in grid.nodes.items() if site in names}
    result = conduct(Federation(grid, study, "run", journal, coordinator_key(folder), nodes, on_exchange))
    return Conducted(result, journal, grid)
