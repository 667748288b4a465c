"""A hospital whose answer is not one: nonsense that lies about its size, its depth or its compression."""

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message, RecordDict

from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared import arrays
from shared.errors import Code, MrfedError
from shared.federation.messages import Answer, Question
from shared.sections.federation import Dropout
from shared.sections.privacy import SiteSums
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key
from tests.hostile_bytes import HOSTILE
from tests.lost_sites import four_sites, settle

pytestmark = pytest.mark.attack

Gained = Callable[[str, str, str], None]


class HostileGrid(InProcessGrid):
    """One site's answers to a step are other bytes."""

    def __init__(self, sites: Iterable[Site], hostile: str, step: str, content: bytes) -> None:
        super().__init__(sites)
        self.hostile, self.step, self.content = self.nodes[hostile], step, content

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        """Replies, of which one is exchanged."""
        replies = list(super().pull_messages(message_ids))
        for reply in replies:
            if reply.metadata.src_node_id == self.hostile and Answer.from_records(reply.content).step == self.step:
                reply.content = RecordDict({"0": ConfigRecord({"bytes": self.content})})
        return replies


def records(content: bytes) -> RecordDict:
    """A message of these bytes."""
    return RecordDict({"0": ConfigRecord({"bytes": content})})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_message_that_lies_about_itself_is_refused(name: str, gained: Gained) -> None:
    try:
        with np.load(io.BytesIO(HOSTILE[name]), allow_pickle=False) as archive:
            before = f"NumPy reads {sum(archive[member].nbytes for member in archive.files):,} bytes from it"
    except BaseException as error:
        before = f"{type(error).__name__} where nobody expects one"
    for kind in (Question, Answer):
        with pytest.raises(MrfedError) as caught:
            kind.from_records(records(HOSTILE[name]))
        assert caught.value.code is Code.REFUSED
    gained(f"Send {name} as a message", before, "refused, for no more memory than it is long")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a shape of twelve digits", "a broken stream", "a head nested deeply"])
def test_one_hospitals_nonsense_is_a_lost_site_where_the_study_goes_on(
    name: str, tmp_path: Path, gained: Gained
) -> None:
    study, key = four_sites(SiteSums.DERIVABLE), coordinator_key(tmp_path)
    sites = settle(tmp_path)
    approve_everywhere(study, sites, key)
    grid = HostileGrid(sites, "west", "harmonize", HOSTILE[name])
    result = conduct(Federation(grid, study, "run", Journal(tmp_path / "journal"), key, grid.nodes))
    assert any("west" in deviation for deviation in result.deviations)
    gained(f"Answer a step with {name}, where the study goes on without lost sites", "the run ends", "the site is lost")


def test_one_hospitals_nonsense_stops_a_study_that_waits_by_its_name(tmp_path: Path) -> None:
    study, key = four_sites(SiteSums.DERIVABLE, Dropout.WAIT), coordinator_key(tmp_path)
    sites = settle(tmp_path)
    approve_everywhere(study, sites, key)
    grid = HostileGrid(sites, "west", "describe", HOSTILE["a broken stream"])
    with pytest.raises(MrfedError, match="describe: site west answered refused"):
        conduct(Federation(grid, study, "run", Journal(tmp_path / "journal"), key, grid.nodes))


def test_a_quantity_of_a_kind_that_is_no_number_is_that_sites_failure(tmp_path: Path) -> None:
    study, key = four_sites(SiteSums.DERIVABLE), coordinator_key(tmp_path)
    sites = settle(tmp_path)
    approve_everywhere(study, sites, key)
    head = {"step": "enroll", "code": "ok", "texts": {"site": "west"}, "head": None}
    content = {"": np.frombuffer(json.dumps(head).encode(), np.uint8), "patients": np.array("x")}
    grid = HostileGrid(sites, "west", "enroll", arrays.to_bytes(content))
    federation = Federation(grid, study, "run", Journal(tmp_path / "journal"), key, grid.nodes)
    assert federation.enroll().failed == {"west": Code.REFUSED}
