"""Networks on which a site falls silent, or answers too late."""

from collections.abc import Iterable

from flwr.app import Message

from client.site.site_file import Site
from shared.federation.messages import Answer
from simulations.in_process import InProcessGrid


class DroppingGrid(InProcessGrid):
    """A network on which one site is silent from some exchange on."""

    def __init__(self, sites: list[Site], silent: str, since: str) -> None:
        super().__init__(sites)
        self.silent, self.since, self.dropped = self.nodes[silent], since, False

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Deliver what the silent site is not asked; it is never told of the rest."""
        messages = list(messages)
        self.dropped = self.dropped or any(message.metadata.group_id == self.since for message in messages)
        heard = [message for message in messages if not (self.dropped and message.metadata.dst_node_id == self.silent)]
        super().push_messages(heard)
        return [message.metadata.message_id for message in messages]


class LateGrid(InProcessGrid):
    """A network on which the answer of one site to one exchange comes after the deadline."""

    def __init__(self, sites: list[Site], late: str, at: str) -> None:
        super().__init__(sites)
        self.late, self.at = self.nodes[late], at

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """What is there in time; the site has answered all the same."""
        for message in super().pull_messages(message_ids):
            if message.metadata.src_node_id != self.late or Answer.from_records(message.content).step != self.at:
                yield message
