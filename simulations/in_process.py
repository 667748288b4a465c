"""Flower's grid as calls within one process: the same ClientApp code, the same records, no network."""

import itertools
import time
from collections.abc import Iterable, Mapping

from flwr.app import DEFAULT_TTL, Message, Metadata, RecordDict
from flwr.serverapp import Grid
from flwr.supercore.run import Run

from client.node.app import reply
from client.site.site_file import Site


class InProcessGrid(Grid):  # type: ignore[misc]  # flwr is not typed for us
    """Hands every message to the site that it is for, at once.

    Parameters
    ----------
    sites : the sites, a node each
    """

    def __init__(self, sites: Iterable[Site]) -> None:
        self._sites: dict[int, Site] = dict(enumerate(sites, start=1))
        self._numbers = itertools.count()
        self._replies: dict[str, Message] = {}

    @property
    def nodes(self) -> Mapping[str, int]:
        """Node of each site."""
        return {site.name: node for node, site in self._sites.items()}

    def set_run(self, run: Run) -> None:
        """Nothing to set: a run is named in every question."""

    @property
    def run(self) -> Run:
        """Flower's run, which this grid has not."""
        raise AttributeError("an in-process grid belongs to no run of Flower's")

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Build a message as Flower's own grids do, in a run without number."""
        metadata = Metadata(
            run_id=0,
            message_id=f"message-{next(self._numbers)}",
            src_node_id=0,
            dst_node_id=dst_node_id,
            reply_to_message_id="",
            group_id=group_id,
            created_at=time.time(),
            ttl=ttl or DEFAULT_TTL,
            message_type=message_type,
            src_task_id=None,
            dst_task_id=None,
        )
        return Message(metadata=metadata, content=content)

    def get_node_ids(self) -> Iterable[int]:
        """All nodes."""
        return list(self._sites)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Let each site answer."""
        identities = []
        for message in messages:
            identity = message.metadata.message_id
            self._replies[identity] = self.answered(message, self._sites[message.metadata.dst_node_id])
            identities.append(identity)
        return identities

    def answered(self, message: Message, site: Site) -> Message:
        """Let one site answer."""
        return reply(message, site)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Answers to the messages of these names."""
        return [self._replies.pop(identity) for identity in message_ids if identity in self._replies]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Push and pull; an answer is there at once, so that nothing can time out."""
        del timeout
        return self.pull_messages(self.push_messages(messages))
