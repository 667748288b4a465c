"""A grid that keeps every byte that passes it."""

from collections.abc import Iterable

from flwr.app import Message
from flwr.common.serde import message_to_proto

from client.site.site_file import Site
from simulations.in_process import InProcessGrid


class CapturingGrid(InProcessGrid):
    """Keeps every answer as the bytes that go over the network."""

    def __init__(self, sites: Iterable[Site]) -> None:
        super().__init__(sites)
        self.left = b""

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        replies = list(super().pull_messages(message_ids))
        self.left += b"".join(message_to_proto(reply).SerializeToString() for reply in replies)
        return replies
